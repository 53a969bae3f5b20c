#include "check_advice.h"

#include <string.h>

#include "clock.h"

#define SIX_YEARS_NS (2190LL * 86400 * NS_PER_S)

struct telling {
	const char *file;
	advice_fn *tell;
	void *arg;
};

static void tell(const struct telling *t, int line, const char *text)
{
	struct why why = {0};

	(void)!why_set(&why, RC_OK, "%s", text);
	why.line = line;
	why.column = line ? 1 : 0;
	(void)!why_file(&why, RC_OK, t->file);
	t->tell(t->arg, &why);
}

/* ---- agent.yaml as a whole ---------------------------------------------------------------------------------------------- */

static bool is_readable(const struct config *c)
{
	return c->recording.recipients.n == 0;
}

static bool is_batched(const struct config *c)
{
	return !c->recording.strict;
}

static bool is_short(const struct config *c)
{
	return c->recording.retention && c->recording.retention < SIX_YEARS_NS;
}

static bool is_alone(const struct config *c)
{
	return !c->archive.dir && !c->archive.s3.endpoint;
}

static bool is_unlocked(const struct config *c)
{
	return c->archive.s3.endpoint && c->archive.s3.lock == S3_LOCK_NONE;
}

static bool is_unreviewed(const struct config *c)
{
	return c->auditor_groups.n == 0;
}

static const struct {
	bool (*is)(const struct config *config);
	const char *text;
} of_config[] = {
	{is_readable, "recording.recipients names nobody, so recordings lie on this machine readable for whoever reads its disk"},
	{is_batched, "recording.durability is batched: what was exchanged in the last second before a crash is not on record"},
	{is_short, "recording.retention is shorter than the six years of 45 CFR 164.316(b)(2)(i)"},
	{is_alone, "archive names no place: this machine's disk has the only copy of every bundle"},
	{is_unlocked, "archive.s3.lock is none: who has its credentials can overwrite and delete what is archived"},
	{is_unreviewed, "roles.auditor names no group, so nobody can look at others' sessions or review emergency access"},
};

/* ---- a connection ------------------------------------------------------------------------------------------------------- */

static bool is_insecure(const struct connection *c)
{
	return c->insecure;
}

static bool is_open(const struct connection *c)
{
	return c->local_key_optional;
}

static bool is_opaque(const struct connection *c)
{
	return c->allow_opaque.n > 0;
}

static bool is_unmasked(const struct connection *c)
{
	return c->allow_content_types.n > 0;
}

static bool is_anybodys(const struct connection *c)
{
	return c->credential.header && !c->upstream_user && strncmp(c->upstream, "http://", 7) == 0;
}

static bool is_halved(const struct connection *c)
{
	return c->analyzer.url && c->analyzer.builtin;
}

static const struct {
	bool (*is)(const struct connection *connection);
	const char *text;
} of_connection[] = {
	{is_insecure, "insecure: prompts and answers go to another machine in the clear"},
	{is_open, "local_key is optional: every program of the caller's on their machine can use an open session"},
	{is_opaque, "allow_opaque: what is named there passes unread, neither masked nor matched by rules on text"},
	{is_unmasked, "allow_content_types: answers of these types pass unmasked"},
	{is_anybodys, "the credential is sent to whoever listens at upstream; upstream_user says whose that must be"},
	{is_halved, "analyzer.on_failure is builtin: while the analyzer fails, what only it would find is not masked"},
};

void advise_on_config(const struct config *config, advice_fn *fn, void *arg)
{
	const struct telling t = {config->path, fn, arg};

	for (size_t i = 0; i < sizeof of_config / sizeof *of_config; i++)
		if (of_config[i].is(config))
			tell(&t, 0, of_config[i].text);
	for (size_t k = 0; k < config->n_connections; k++)
		for (size_t i = 0; i < sizeof of_connection / sizeof *of_connection; i++)
			if (of_connection[i].is(&config->connections[k]))
				tell(&t, config->connections[k].line, of_connection[i].text);
}

/* ---- a policy ----------------------------------------------------------------------------------------------------------- */

/* What the policy does is asked of its engine: it knows each way in which a policy can say it. */
static const struct {
	const char *entity, *text;
} samples[] = {
	{"NAME", "Seen by Dr. Jane Smith today."}, {"DATE", "Admitted on 03/14/2024."}, {"PHONE", "Call (617) 482-3190."},
	{"EMAIL", "Write to jsmith@stmarys-clinic.org."}, {"SSN", "SSN: 536-22-8741."}, {"MRN", "MRN: 84729315."},
};
#define N_SAMPLES (sizeof samples / sizeof *samples)

/* The names of what stays as it is; how many. */
static size_t find_kept(const struct policy *policy, struct buf *names)
{
	size_t n = 0;

	for (size_t i = 0; i < N_SAMPLES; i++) {
		struct mask_scope *scope = mask_scope_new();
		struct buf masked;

		buf_init(&masked, 4096);
		if (scope && mask_text(policy_engine(policy), scope, NULL, slice_str(samples[i].text), &masked) == RC_OK &&
		    strcmp(masked.data, samples[i].text) == 0)
			buf_printf(names, "%s%s", n++ ? ", " : "", samples[i].entity);
		buf_free(&masked);
		mask_scope_free(scope);
	}
	return n;
}

void advise_on_policy(const struct config *config, const char *path, const struct policy *policy, advice_fn *fn, void *arg)
{
	const struct telling t = {path, fn, arg};
	struct buf kept, text;
	size_t n;

	buf_init(&kept, 256);
	buf_init(&text, 512);
	n = find_kept(policy, &kept);
	if (n == N_SAMPLES)
		tell(&t, 0, "mask.response keeps what identifies patients: answers pass unmasked");
	else if (n && buf_printf(&text, "mask.response keeps %s: they pass unmasked", kept.data) == RC_OK)
		tell(&t, 0, text.data);
	if (policy_emergency(policy)->groups.n && !config->n_notify)
		tell(&t, 0, "emergency access is given, and notify in agent.yaml names nobody who would be told of it at once");
	buf_free(&kept);
	buf_free(&text);
}
