/* Any bytes as a bundle, as its members, as its records, and as allowed_signers: verified, replayed and made into a page. Never a
 * crash, never endless, never much memory, and nothing reaches the terminal or the browser that it would obey. */
#include <fcntl.h>
#include <stdint.h>
#include <sys/mman.h>
#include <unistd.h>

#include "../unit/bundle_make.h"
#include "../unit/pages.h"
#include "bundle.h"
#include "pieces.h"
#include "replay.h"
#include "stamp.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static EVP_PKEY *key;
static FILE *sink;

static void replay(struct bundle *b, enum rc verdict)
{
	const struct replay_options opts = {.speed = 0};
	const struct evidence e = {.bundle = b, .verdict = verdict};
	struct bundle_record record;
	struct player *p;
	char *text = NULL;
	size_t n = 0;
	enum rc rc;

	sink = open_memstream(&text, &n);
	p = player_new(&e, &opts, sink);
	if (!p || bundle_rewind(b) != RC_OK)
		abort();
	do {
		struct why why = {0};

		rc = bundle_next(b, &record, &why);
		if (rc == RC_OK) {
			player_record(p, &record);
			rc = replay_json(sink, &record);
		} else if (rc != RC_END && rc != RC_IO) {
			player_lost(p, &record, &why);
		}
	} while (rc != RC_END && rc != RC_IO);
	player_end(p);
	player_free(p);
	fclose(sink);
	check_shown((struct slice){text, n}, "\n");
	free(text);
}

/* As a page, which a browser does nothing with but show. */
static void as_page(struct bundle *b, enum rc verdict, const struct page_checks *checks)
{
	const struct evidence e = {.bundle = b, .verdict = verdict};
	struct why why = {0};
	char *html = NULL;
	size_t n = 0, lost = 0;
	enum rc rc;

	sink = open_memstream(&html, &n);
	rc = page_write(sink, &e, checks, &lost, &why);
	fclose(sink);
	if ((rc == RC_OK && pages_flaw(html, n)) || (rc != RC_OK && rc != RC_IO && rc != RC_TOO_BIG))
		abort();
	free(html);
}

static void open_and_replay(struct slice bytes, bool honest)
{
	int fd = memfd_create("bundle", MFD_CLOEXEC);
	struct page_checks checks = {0};
	struct why why = {0};
	struct bundle *b;
	char path[64];
	enum rc rc;

	if (fd < 0 || fd_write_all(fd, bytes.p, bytes.n) != RC_OK)
		abort();
	snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
	rc = bundle_open(path, &b, &why);
	if (rc == RC_OK) {
		rc = bundle_verify(b, NULL, page_checks_add, &checks, &why);
		if (rc == RC_OK || !why.text[0])
			abort();                         /* nobody is known */
		replay(b, rc);
		as_page(b, rc, &checks);
	} else if (!why.text[0] || b || honest) {
		abort();
	}
	page_checks_free(&checks);
	bundle_free(b);
	close(fd);
}

static void begin(struct bundle_make *m)
{
	if (!key && sshkey_generate_ed25519(&key) != RC_OK)
		abort();
	bundle_make_init(m);
	EVP_PKEY_free(m->key);
	EVP_PKEY_up_ref(key);
	m->key = key;
}

static struct slice rest;

/* The first member takes the first piece, and so on; an empty piece leaves what was there. */
static void replace_members(struct bundle_make *m)
{
	static const char *const names[] = {"session.json", "index.jsonl", "seg-000002.jsonl", "seg-000004.jsonl", "policy.yaml", "SHA256SUMS",
		"SHA256SUMS.sig", "SHA256SUMS.tsr", "session.tlog-proof"};

	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		struct slice s = piece(&rest);
		struct buf *b = s.n ? &bundle_make_member(m, names[i])->data : NULL;

		if (!b)
			continue;
		buf_clear(b);
		buf_add_slice(b, s);
	}
	qsort(m->members, m->n_members, sizeof *m->members, bundle_make_place);
}

/* Four bytes each: a place in an honest bundle, and what stands there. */
static void as_changes(void)
{
	struct bundle_make m;

	begin(&m);
	bundle_make_session(&m);
	bundle_make_all(&m);
	for (; rest.n >= 4; rest = (struct slice){rest.p + 4, rest.n - 4}) {
		const unsigned char *at = (const unsigned char *)rest.p;

		m.tar.data[(at[0] | (size_t)at[1] << 8 | (size_t)at[2] << 16) % m.tar.len] = (char)at[3];
	}
	open_and_replay(buf_slice(&m.tar), false);
	bundle_make_free(&m);
}

static void as_members(void)
{
	struct bundle_make m;

	begin(&m);
	bundle_make_session(&m);
	m.hooks.members = replace_members;
	bundle_make_all(&m);
	open_and_replay(buf_slice(&m.tar), false);
	bundle_make_free(&m);
}

/* Each piece is a record: a byte for the kind, one for exchange and segment, the body. */
static void as_records(void)
{
	static const char *const kinds[] = {"open", "request", "response", "hold", "decision", "cut", "gap", "renew", "recovered", "close"};
	char *bodies[MADE_RECORDS] = {0};
	struct bundle_make m;
	unsigned segment = 1;

	begin(&m);
	for (size_t i = 0; i < MADE_RECORDS - 1 && rest.n; i++) {
		struct slice s = piece(&rest);

		if (s.n < 2)
			continue;
		bodies[i] = strndup(s.p + 2, s.n - 2);
		for (char *c = bodies[i]; *c; c++)
			if (*c == '\n')
				*c = ' ';
		segment += (uint8_t)s.p[1] >> 7 && segment < 10;
		bundle_make_record(&m, kinds[(uint8_t)s.p[0] % 10], s.p[1] & 15, segment, bodies[i]);
	}
	if (!m.n_records)
		bundle_make_record(&m, "close", 0, segment, "{}");
	bundle_make_all(&m);
	open_and_replay(buf_slice(&m.tar), true);
	bundle_make_free(&m);
	for (size_t i = 0; i < MADE_RECORDS; i++)
		free(bodies[i]);
}

/* A time stamp, which nobody has made that is believed. */
static void as_stamp(void)
{
	struct stamp stamp;
	struct why why = {0};

	if (stamp_read(rest, SLICE("data"), NULL, "", &stamp, &why) == RC_OK || !why.text[0])
		abort();
}

static void as_signers(void)
{
	struct signers *signers = signers_new();
	struct why why = {0};

	if (signers_parse(signers, rest, &why) != RC_OK && !why.text[0])
		abort();
	if (signers_know(signers, SLICE("k"), "gpu-1@phigate", BUNDLE_NAMESPACE, 1, &why) == RC_OK)
		abort();
	signers_free(signers);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (!size)
		return 0;
	rest = (struct slice){(const char *)data + 1, size - 1};
	switch (data[0] == 0xff ? 5 : data[0] % 5) {
	case 0:
		open_and_replay(rest, false);
		break;
	case 1:
		as_members();
		break;
	case 2:
		as_records();
		break;
	case 3:
		as_signers();
		break;
	case 4:
		as_changes();
		break;
	case 5:
		as_stamp();
		break;
	}
	return 0;
}
