/* phigate evidence: what an agent can show of a period, gathered, checked, and signed as one file (pack.h). */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "agents.h"
#include "clock.h"
#include "dossier.h"
#include "draft.h"
#include "encode.h"
#include "fetch.h"
#include "file.h"
#include "json.h"
#include "tarfile.h"
#include "term.h"

/* ---- what is asked for --------------------------------------------------------------------------------------------------------- */

/* A day is its beginning, or for --to its end. */
static enum rc time_of(const char *text, bool end, struct buf *out)
{
	char time[CLOCK_TEXT];
	int64_t ns;

	if (strlen(text) != 10 || text[4] != '-')
		return buf_puts(out, text);
	snprintf(time, sizeof time, "%sT00:00:00Z", text);
	if (clock_parse(slice_str(time), &ns) != RC_OK)
		return buf_puts(out, text);
	return buf_puts(out, clock_text_s(ns / NS_PER_S + (end ? 86400 : 0), time));
}

static enum rc path_of(const struct arguments *args, struct buf *path, struct why *why)
{
	static const char *const names[][2] = {{"from", "--from"}, {"to", "--to"}};
	struct buf query, text;
	enum rc rc = RC_OK;

	if (!argument(args, "--from"))
		return why_set(why, RC_BAD, "--from is missing: when does the period begin?");
	buf_init(&query, 1024);
	buf_init(&text, 256);
	for (size_t i = 0; i < 2 && rc == RC_OK; i++) {
		if (!argument(args, names[i][1]))
			continue;
		buf_clear(&text);
		rc = time_of(argument(args, names[i][1]), i == 1, &text);
		if (rc == RC_OK)
			fetch_form_add(&query, names[i][0], buf_slice(&text));
	}
	buf_puts(path, "/v1/evidence?");
	if (rc != RC_OK || buf_add_slice(path, buf_slice(&query)) != RC_OK)
		rc = why_set(why, RC_BAD, "what is asked for is too long");
	buf_free(&query);
	buf_free(&text);
	return rc;
}

static enum rc agent_of(const struct agents *a, const char *name, const struct agent_entry **out, struct why *why)
{
	*out = a->config->n_agents == 1 && !name ? &a->config->agents[0] : NULL;
	for (size_t i = 0; name && i < a->config->n_agents; i++)
		if (strcmp(a->config->agents[i].name, name) == 0)
			*out = &a->config->agents[i];
	if (*out)
		return RC_OK;
	return name ? why_set(why, RC_NOT_FOUND, "there is no agent %.64s in client.yaml", name) :
		why_set(why, RC_BAD, "a pack is one agent's; --agent NAME says whose, of those in client.yaml");
}

/* ---- making it ------------------------------------------------------------------------------------------------------------------ */

enum { FILE_AGENT, FILE_RESULTS, FILE_DIGESTS, FILE_INDEX, FILE_PAGE, FILES };

struct making {
	struct agents *agents;
	struct control *control;
	struct evidence_trust trust;
	struct draft draft;
	char *folder;
	int fds[FILES];
	char paths[FILES][GATHER_PATH];
	struct pack *pack;                       /* the agent's part */
	int64_t mtime_s;
	struct page_checks checks;
	struct pack_figures figures;
	struct gathered gathered;
	unsigned char sums[PACK_SUMMED][SHA256_LEN];
	bool with_bundles, good;
};

static enum rc begin(struct making *m, const char *file, struct why *why)
{
	enum rc rc = draft_begin(&m->draft, file, why);

	m->folder = path_dir(file);
	if (rc == RC_OK && !m->folder)
		rc = RC_NOMEM;
	for (int i = 0; i < FILES && rc == RC_OK; i++) {
		m->fds[i] = gather_scratch(m->folder, m->paths[i]);
		if (m->fds[i] < 0)
			rc = why_set(why, RC_IO, "%s: cannot write here: %s", m->folder, strerror(errno));
	}
	return rc;
}

/* A file of the pack, from one without a name. */
static enum rc put_file(struct making *m, enum pack_file file, int from, struct extent where)
{
	return tarfile_copy(m->draft.fd, pack_name(file), m->mtime_s, from, where, m->sums[file]);
}

static enum rc put_scratch(struct making *m, enum pack_file file, int which)
{
	off_t size = lseek(m->fds[which], 0, SEEK_END);

	return size < 0 ? RC_IO : put_file(m, file, m->fds[which], (struct extent){0, (uint64_t)size});
}

static enum rc take_agents_part(struct making *m, const char *path, struct why *why)
{
	int64_t ns = 0;
	enum rc rc;

	progress_begin("the agent gathers what it knows");
	rc = control_fetch(m->control, path, m->fds[FILE_AGENT], why);
	progress_end();
	if (rc == RC_OK)
		rc = pack_open(m->paths[FILE_AGENT], false, &m->pack, why);
	if (rc != RC_OK)
		return rc;
	if (!json_text(pack_about(m->pack), "made_at") || clock_parse(slice_str(json_text(pack_about(m->pack), "made_at")), &ns) != RC_OK)
		return why_set(why, RC_BAD, "the agent's pack.json does not say when it was made");
	m->mtime_s = ns / NS_PER_S;
	rc = pack_verify(m->pack, &m->trust.trust, &m->figures, page_checks_add, &m->checks, why);
	m->good = rc == RC_OK;
	if (m->checks.nomem)
		return RC_NOMEM;
	if (rc == RC_IO || rc == RC_NOMEM)
		return rc;
	*why = (struct why){0};
	rc = RC_OK;
	for (int i = 0; i < PACK_AGENTS && rc == RC_OK; i++)
		rc = put_file(m, (enum pack_file)i, pack_fd(m->pack), pack_extent(m->pack, (enum pack_file)i));
	return rc;
}

static enum rc take_bundles(struct making *m, struct why *why)
{
	struct gather g = {.agents = m->agents, .control = m->control, .pack = m->pack, .trust = &m->trust, .mtime_s = m->mtime_s,
		.tar_fd = m->with_bundles ? m->draft.fd : -1, .folder = m->folder};
	FILE *results = fdopen(dup(m->fds[FILE_RESULTS]), "w"), *digests = fdopen(dup(m->fds[FILE_DIGESTS]), "w");
	enum rc rc = results && digests ? RC_OK : RC_IO;

	progress_begin("fetching and verifying the bundles");
	if (rc == RC_OK)
		rc = gather_bundles(&g, results, digests, &m->gathered, why);
	progress_end();
	if (results)
		fclose(results);
	if (digests)
		fclose(digests);
	if (rc == RC_OK)
		rc = put_scratch(m, PACK_RESULTS, FILE_RESULTS);
	return rc == RC_OK ? put_scratch(m, PACK_BUNDLES, FILE_DIGESTS) : rc;
}

static enum rc write_index(struct making *m, struct why *why)
{
	const struct dossier d = {.pack = m->pack, .figures = &m->figures, .gathered = &m->gathered, .checks = &m->checks,
		.results = m->paths[FILE_RESULTS], .with_bundles = m->with_bundles};
	enum rc rc = RC_OK;

	m->good = m->good && dossier_good(&d);
	for (int i = FILE_INDEX; i <= FILE_PAGE && rc == RC_OK; i++) {
		FILE *f = fdopen(dup(m->fds[i]), "w");

		rc = f ? dossier_write(&d, f, i == FILE_PAGE, why) : RC_IO;
		if (f && fclose(f) != 0 && rc == RC_OK)
			rc = RC_IO;
	}
	if (rc == RC_OK)
		rc = put_scratch(m, PACK_INDEX, FILE_INDEX);
	return rc == RC_OK ? put_scratch(m, PACK_PAGE, FILE_PAGE) : rc;
}

/* The agent signs what has become of it. */
static enum rc seal(struct making *m, struct why *why)
{
	const char *sums, *signature;
	cJSON *answer = NULL;
	struct buf body;
	enum rc rc;

	buf_init(&body, 4096);
	buf_puts(&body, "{\"sums\":{");
	for (int i = PACK_AGENTS; i < PACK_SUMMED; i++) {
		char hex[SHA256_HEX];

		hex_encode(m->sums[i], SHA256_LEN, hex);
		buf_printf(&body, "%s\"%s\":\"%s\"", i > PACK_AGENTS ? "," : "", pack_name((enum pack_file)i), hex);
	}
	rc = buf_puts(&body, "}}");
	if (rc == RC_OK)
		rc = control_call(m->control, "POST", "/v1/evidence/seal", body.data, &answer, why);
	sums = json_text(answer, "sums");
	signature = json_text(answer, "signature");
	if (rc == RC_OK && (!sums || !signature))
		rc = why_set(why, RC_BAD, "the agent's answer has no signature");
	if (rc == RC_OK)
		rc = tarfile_add(m->draft.fd, pack_name(PACK_SUMS), m->mtime_s, slice_str(sums));
	if (rc == RC_OK)
		rc = tarfile_add(m->draft.fd, pack_name(PACK_SIG), m->mtime_s, slice_str(signature));
	cJSON_Delete(answer);
	buf_free(&body);
	return rc == RC_OK ? tarfile_end(m->draft.fd) : rc;
}

/* As anybody will check it. */
static enum rc check(struct making *m, struct why *why)
{
	struct pack *pack = NULL;
	struct why reason = {0};
	enum rc rc = pack_open(m->draft.name.data, true, &pack, why);

	if (rc == RC_OK)
		rc = pack_verify(pack, &m->trust.trust, NULL, NULL, NULL, &reason);
	pack_free(pack);
	if (rc == RC_OK || rc == RC_IO || rc == RC_NOMEM)
		return rc;
	m->good = false;
	fputs("phigate: the pack does not verify: ", stderr);
	term_text(stderr, slice_str(reason.text));
	fputc('\n', stderr);
	return RC_OK;
}

static enum rc make(struct making *m, const struct arguments *args, const char *file, struct why *why)
{
	const struct evidence_files files = {.allowed_signers = argument(args, "--allowed-signers"), .identity = argument(args, "--identity"),
		.ledger = argument(args, "--ledger"), .tsa_ca = argument(args, "--tsa-ca")};
	const struct agent_entry *agent;
	struct buf path;
	enum rc rc;

	buf_init(&path, 2048);
	rc = path_of(args, &path, why);
	if (rc == RC_OK)
		rc = agent_of(m->agents, argument(args, "--agent"), &agent, why);
	if (rc == RC_OK)
		rc = evidence_trust_read(&files, &m->trust, why);
	if (rc == RC_OK)
		rc = begin(m, file, why);
	if (rc == RC_OK)
		rc = control_open(agent, m->agents->signin, &m->control, why);
	if (rc == RC_OK)
		rc = take_agents_part(m, path.data, why);
	if (rc == RC_OK)
		rc = take_bundles(m, why);
	if (rc == RC_OK)
		rc = write_index(m, why);
	if (rc == RC_OK)
		rc = seal(m, why);
	if (rc == RC_OK)
		rc = check(m, why);
	if (rc == RC_IO && !*why->text)
		why_set(why, rc, "%s: cannot write: %s", file, strerror(errno));
	rc = draft_end(&m->draft, rc, why);
	buf_free(&path);
	return rc;
}

static void end(struct making *m)
{
	for (int i = 0; i < FILES; i++)
		if (m->fds[i] >= 0)
			close(m->fds[i]);
	pack_free(m->pack);
	control_close(m->control);
	page_checks_free(&m->checks);
	evidence_trust_free(&m->trust);
	free(m->folder);
}

static void tell(const struct making *m, const char *file)
{
	const struct gathered *g = &m->gathered;

	term_text(stdout, slice_str(file));
	fputc('\n', stdout);
	term_printf(stderr, m->good ? STYLE_GOOD : STYLE_BAD, "%s", m->good ? "all of it holds" : "not all of it holds; its index says what");
	fprintf(stderr, ": %llu sessions, %llu of %llu bundles verified, %llu failed, %llu missing, %llu still open\n",
		(unsigned long long)m->figures.sessions, (unsigned long long)g->verified, (unsigned long long)g->bundles,
		(unsigned long long)g->failed, (unsigned long long)g->missing, (unsigned long long)g->open);
}

static int run(const struct arguments *args)
{
	const char *file = argument(args, "-o") ? argument(args, "-o") : "evidence.tar";
	struct agents agents;
	struct making m = {.agents = &agents, .draft = {.fd = -1}, .with_bundles = argument(args, "--bundles")};
	struct why why = {0};
	int status = agents_begin(&agents);
	enum rc rc;

	for (int i = 0; i < FILES; i++)
		m.fds[i] = -1;
	if (status == EXIT_DONE) {
		rc = make(&m, args, file, &why);
		if (rc == RC_OK)
			tell(&m, file);
		status = rc != RC_OK ? term_fail(rc, &why) : m.good ? EXIT_DONE : EXIT_EVIDENCE;
	}
	end(&m);
	agents_end(&agents);
	return status;
}

static const struct option_spec options[] = {
	{"--from", "TIME", "when the period begins: a day, 2026-01-31T08:15:00Z, or how long ago, 90d"},
	{"--to", "TIME", "when it ends, a day with all of it; else now"},
	{"-o", "FILE", "where to; else evidence.tar here"},
	{"--bundles", NULL, "put the bundles into the pack, too"},
	{"--agent", "NAME", "whose evidence, when client.yaml has several agents"},
	{"--allowed-signers", "FILE", "whose signatures are believed"},
	{"--identity", "FILE", "age key that opens encrypted segments, so that records are checked, too"},
	{"--ledger", "FILE", "the agent's ledger key, as a vkey"},
	{"--tsa-ca", "FILE", "certificates (PEM) of the time-stamp authorities that are believed"},
	{NULL, NULL, NULL},
};

const struct command cmd_evidence = {
	.name = "evidence", .args = "", .help = "gather what an agent can show of a period, as one signed file", .options = options, .run = run,
};
