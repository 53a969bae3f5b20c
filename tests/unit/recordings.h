/* For tests of recordings: a state folder with a signing key, sessions in it, and a check of bundles by tar, ssh-keygen,
 * sha256sum and a loop over the index. */
#ifndef PHIGATE_TEST_RECORDINGS_H
#define PHIGATE_TEST_RECORDINGS_H

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "age.h"
#include "bundle.h"
#include "clock.h"
#include "encode.h"
#include "file.h"
#include "json.h"
#include "keys.h"
#include "ledger.h"
#include "record_private.h"
#include "sshkey.h"

#define SESSION "01KB0000000000000000000000"
#define OTHER "01KB0000000000000000000001"
#define ALICE "00u1"

struct site {
	char dir[64];                            /* state_dir */
	struct ledger *ledger;                   /* of the spool that is open */
	struct spool *spool;
	struct attest_options attest;
	struct age_recipients recipients;        /* of what is recorded; key.txt opens it */
	struct age_recipients originals;         /* of what it was before it was masked; orig.txt opens it, and key.txt too */
};

static struct site site;

/* A shell command in a folder of the site; its exit status. */
PRINTF_LIKE(1, 2) static inline int sh(const char *fmt, ...)
{
	char command[2048];
	va_list args;
	int n = snprintf(command, sizeof command, "exec >> %s/log 2>&1; cd %s && ", site.dir, site.dir);

	va_start(args, fmt);
	vsnprintf(command + n, sizeof command - (size_t)n, fmt, args);
	va_end(args);
	return system(command);
}

static inline void site_make(void)
{
	struct buf text, line;
	EVP_PKEY *key;
	char path[128];

	strcpy(site.dir, "/tmp/phigate-record-XXXXXX");
	assert_non_null(mkdtemp(site.dir));
	buf_init(&text, 8192);
	buf_init(&line, 8192);
	snprintf(path, sizeof path, "%s/keys", site.dir);
	assert_int_equal(dir_make(path, 0700, NULL), RC_OK);
	assert_int_equal(sshkey_generate_ed25519(&key), RC_OK);
	assert_int_equal(sshkey_write_private(key, "test", &text), RC_OK);
	snprintf(path, sizeof path, "%s/keys/signing_ed25519", site.dir);
	assert_int_equal(file_write(path, buf_slice(&text), 0600, NULL), RC_OK);
	buf_puts(&line, "gpu-1@phigate namespaces=\"" BUNDLE_NAMESPACE "\" ");
	assert_int_equal(sshkey_line(key, NULL, &line), RC_OK);
	snprintf(path, sizeof path, "%s/allowed_signers", site.dir);
	assert_int_equal(file_write(path, buf_slice(&line), 0600, NULL), RC_OK);
	EVP_PKEY_free(key);
	buf_free(&text);
	buf_free(&line);
	assert_int_equal(key_make(site.dir, KEY_LEDGER, "gpu-1", NULL), RC_OK);
}

static inline enum rc site_try(bool strict, uint64_t per_person_max_bytes, struct spool **out)
{
	struct spool_options options = {
		.state_dir = site.dir, .agent_name = "gpu-1", .strict = strict, .per_person_max_bytes = per_person_max_bytes,
		.attest = site.attest,
		.recipients = &site.recipients, .originals = &site.originals,
	};
	struct why why = {0};
	enum rc rc = site.ledger ? RC_OK : ledger_start(site.dir, "gpu-1", &site.ledger, &why);

	*out = NULL;
	options.ledger = site.ledger;
	return rc == RC_OK ? spool_open(&options, out, &why) : rc;
}

static inline struct spool *site_open(bool strict)
{
	assert_int_equal(site_try(strict, 1 << 30, &site.spool), RC_OK);
	return site.spool;
}

static inline void site_close(void)
{
	spool_close(site.spool);
	ledger_stop(site.ledger);
	site.spool = NULL;
	site.ledger = NULL;
}

static inline int setup(void **state)
{
	(void)state;
	site.recipients = site.originals = (struct age_recipients){0};
	site_make();
	return 0;
}

static inline int teardown(void **state)
{
	char command[96];

	(void)state;
	site_close();
	snprintf(command, sizeof command, "rm -rf %s", site.dir);
	return system(command);
}

static inline struct recording_about about(const char *id, const char *subject, const char *policy_text)
{
	return (struct recording_about){
		.id = id, .issuer = "https://idp.example.org", .subject = subject, .user = "alice@example.org",
		.groups_json = "[\"clinicians\"]", .address = "203.0.113.9:51022", .reason = "ward round", .connection = "llama-prod",
		.dialect = "openai", .policy = "hipaa", .policy_text = policy_text,
		.dialect_json = "{\"name\":\"openai\",\"sha256\":\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\"}",
		.open_json = "{\"user\":{\"id\":\"alice@example.org\"}}",
	};
}

static inline enum rc session_try(const char *id, const char *subject, struct recording **out)
{
	const struct recording_about a = about(id, subject, "version: 1\n");
	struct why why = {0};

	return recording_open(site.spool, &a, out, &why);
}

static inline struct recording *session(const char *id)
{
	struct recording *r = NULL;

	assert_int_equal(session_try(id, ALICE, &r), RC_OK);
	return r;
}

#define ORIGINAL_BODY "{\"text\":\"Jane Smith, nephrectomy\"}"

/* Where a site keeps originals, requests and responses have one. */
static inline enum rc add(struct recording *r, const char *kind, uint64_t x, const char *body)
{
	bool has_original = strcmp(kind, "request") == 0 || strcmp(kind, "response") == 0;

	return has_original ? recording_add_original(r, kind, x, slice_str(body), SLICE(ORIGINAL_BODY)) : recording_add(r, kind, x, slice_str(body));
}

#define REQUEST_BODY "{\"method\":\"POST\",\"path\":\"/v1/chat/completions\",\"headers\":[],\"text\":\"hi\"}"
#define RESPONSE_BODY "{\"status\":200,\"headers\":[[\"Content-Type\",\"text/plain\"]]}"
#define CHUNK_BODY "{\"chunks\":[[1200,\"Hel\"]]}"
#define END_BODY "{\"chunks\":[[2400,\"lo\"]],\"end\":true}"

static inline enum rc ask(struct recording *r, uint64_t x)
{
	enum rc rc = add(r, "request", x, REQUEST_BODY);

	return rc == RC_OK ? recording_sync(r) : rc;
}

static inline enum rc answer(struct recording *r, uint64_t x)
{
	enum rc rc = add(r, "response", x, RESPONSE_BODY);

	if (rc == RC_OK)
		rc = add(r, "response", x, CHUNK_BODY);
	if (rc == RC_OK)
		rc = add(r, "response", x, END_BODY);
	return rc == RC_OK ? recording_sync(r) : rc;
}

static inline void exchange(struct recording *r, uint64_t x)
{
	assert_int_equal(ask(r, x), RC_OK);
	assert_int_equal(answer(r, x), RC_OK);
}

/* ---- files ------------------------------------------------------------------------------------------------------------ */

PRINTF_LIKE(2, 3) static inline void read_path(struct buf *out, const char *fmt, ...)
{
	char path[256];
	va_list args;
	int n = snprintf(path, sizeof path, "%s/", site.dir);

	va_start(args, fmt);
	vsnprintf(path + n, sizeof path - (size_t)n, fmt, args);
	va_end(args);
	buf_init(out, 1 << 28);
	assert_int_equal(file_read(path, out, NULL), RC_OK);
	buf_add(out, "", 0);
}

static inline bool exists(const char *name)
{
	char path[256];
	struct stat st;

	snprintf(path, sizeof path, "%s/%s", site.dir, name);
	return stat(path, &st) == 0;
}

static inline bool folder_is_empty(const char *name)
{
	char path[256];
	struct dirent *e;
	int n = 0;
	DIR *dir;

	snprintf(path, sizeof path, "%s/%s", site.dir, name);
	dir = opendir(path);
	assert_non_null(dir);
	while ((e = readdir(dir)))
		n += strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0;
	closedir(dir);
	return n == 0;
}

/* How often the text stands in the buffer. */
static inline int count(const struct buf *b, const char *text)
{
	int n = 0;

	for (const char *at = b->data; at && (at = memmem(at, (size_t)(b->data + b->len - at), text, strlen(text))); at += strlen(text))
		n++;
	return n;
}

static inline int spooled_lines(const char *id, int part)
{
	struct buf index;
	int n;

	read_path(&index, "spool/%s.%d/index.jsonl", id, part);
	n = count(&index, "\n");
	buf_free(&index);
	return n;
}

/* All that is recorded from now on is for the one who has key.txt. */
static inline void site_seal(void)
{
	struct age_identities *who;
	struct buf key;

	assert_int_equal(sh("rm -f key.txt && age-keygen -o key.txt"), 0);
	read_path(&key, "key.txt");
	assert_int_equal(age_identities_read(buf_slice(&key), &who, NULL), RC_OK);
	age_identities_recipients(who, &site.recipients);
	age_identities_free(who);
	buf_free(&key);
}

/* And what was there before masking is for the one who has orig.txt; seg.txt opens only the rest. */
static inline void site_keep_originals(void)
{
	struct age_identities *who;
	struct buf key;

	assert_int_equal(sh("rm -f orig.txt && age-keygen -o orig.txt && cp key.txt seg.txt && cat orig.txt >> key.txt"), 0);
	read_path(&key, "orig.txt");
	assert_int_equal(age_identities_read(buf_slice(&key), &who, NULL), RC_OK);
	age_identities_recipients(who, &site.originals);
	age_identities_free(who);
	buf_free(&key);
}

static inline struct age_identities *site_key(void)
{
	struct age_identities *who;
	struct buf key;

	read_path(&key, "key.txt");
	assert_int_equal(age_identities_read(buf_slice(&key), &who, NULL), RC_OK);
	buf_free(&key);
	return who;
}

static inline int setup_sealed(void **state)
{
	setup(state);
	site_seal();
	return 0;
}

static inline int setup_originals(void **state)
{
	setup_sealed(state);
	site_keep_originals();
	return 0;
}

/* ---- what an auditor does --------------------------------------------------------------------------------------------- */

struct audit {
	cJSON *session;
	struct buf index, records;               /* index.jsonl; the lines of all segments that it tells of */
};

static inline void audit_free(struct audit *a)
{
	cJSON_Delete(a->session);
	buf_free(&a->index);
	buf_free(&a->records);
}

/* One index line against the one before, its segment's file and its record. */
static inline void audit_line(struct audit *a, struct slice line, int64_t n, const char *prev)
{
	cJSON *json = json_parse((struct slice){line.p, line.n - 1});
	char hex[SHA256_HEX];
	int64_t seq = 0, seg = 0, off = 0, len = 0;
	struct buf segment;

	assert_non_null(json);
	assert_true(json_int(json, "seq", &seq) && json_int(json, "seg", &seg) && json_int(json, "off", &off) &&
		    json_int(json, "len", &len));
	assert_true(seq == n);
	assert_string_equal(json_text(json, "prev"), prev);
	read_path(&segment, "x/seg-%06d.jsonl%s", (int)seg, site.recipients.n ? ".age" : "");
	sha256_hex(segment.data, segment.len, hex);
	assert_string_equal(json_text(json, "f"), hex);
	buf_free(&segment);
	read_path(&segment, "x/seg-%06d.jsonl", (int)seg);
	assert_true((size_t)(off + len) < segment.len && segment.data[off + len] == '\n');
	sha256_hex(segment.data + off, (size_t)len, hex);
	assert_string_equal(json_text(json, "c"), hex);
	buf_add(&a->records, segment.data + off, (size_t)len + 1);
	buf_free(&segment);
	cJSON_Delete(json);
}

static inline void audit_chain(struct audit *a)
{
	char prev[SHA256_HEX];
	int64_t n = 0;

	memset(prev, '0', sizeof prev - 1);
	prev[sizeof prev - 1] = '\0';
	for (const char *at = a->index.data, *lf; at < a->index.data + a->index.len; at = lf + 1) {
		lf = strchr(at, '\n');
		assert_non_null(lf);
		audit_line(a, (struct slice){at, (size_t)(lf + 1 - at)}, n++, prev);
		sha256_hex(at, (size_t)(lf + 1 - at), prev);
	}
	assert_string_equal(json_text(a->session, "head"), prev);
}

/* The bundle in site.dir/PATH. */
static inline struct audit audit(const char *path)
{
	struct audit a;
	struct buf text;

	assert_int_equal(sh("rm -rf x && mkdir x && cd x && tar -xf ../%s", path), 0);
	assert_int_equal(sh("cd x && ssh-keygen -Y verify -f ../allowed_signers -I gpu-1@phigate -n phigate-bundle-v1 "
			    "-s SHA256SUMS.sig < SHA256SUMS"), 0);
	assert_int_equal(sh("cd x && sha256sum --strict -c SHA256SUMS && cut -c 67- SHA256SUMS > sums && LC_ALL=C sort -cu sums"), 0);
	assert_int_equal(sh("cd x && tar -tf ../%s | tail -n +4 | LC_ALL=C sort | diff - sums", path), 0);
	assert_int_equal(sh("tar -tf %s | head -n 7 | tr '\\n' ' ' | grep -qx "
			    "'SHA256SUMS SHA256SUMS.sig session.tlog-proof session.json policy.yaml index.jsonl seg-000001.jsonl%s '", path,
			    site.recipients.n ? ".age" : ""), 0);
	if (site.recipients.n)
		assert_int_equal(sh("cd x && for f in seg-*.age; do age -d -i ../key.txt $f > ${f%%.age} || exit 1; done"), 0);
	assert_int_equal(sh("tar -tvf %s | grep -v '^-rw-r--r-- 0/0 ' | wc -l | grep -qx 0", path), 0);
	read_path(&text, "x/session.json");
	a.session = json_parse(buf_slice(&text));
	assert_non_null(a.session);
	buf_free(&text);
	read_path(&a.index, "x/index.jsonl");
	buf_init(&a.records, 1 << 28);
	audit_chain(&a);
	return a;
}

/* The project's own verification, with the signer known, and whom else the test knows. */
static inline enum rc verify_trusting(const char *path, struct bundle_trust trust, struct why *why)
{
	struct age_identities *keys = site.recipients.n ? site_key() : NULL;
	struct signers *signers;
	struct bundle *b = NULL;
	char full[256];
	struct buf text;
	enum rc rc;

	read_path(&text, "allowed_signers");
	trust.signers = signers = signers_new();
	assert_non_null(signers);
	assert_int_equal(signers_parse(signers, buf_slice(&text), NULL), RC_OK);
	snprintf(full, sizeof full, "%s/%s", site.dir, path);
	rc = bundle_open(full, &b, why);
	if (rc == RC_OK && keys)
		bundle_unlock(b, keys);
	if (rc == RC_OK)
		rc = bundle_verify(b, &trust, NULL, NULL, why);
	bundle_free(b);
	age_identities_free(keys);
	signers_free(signers);
	buf_free(&text);
	return rc;
}

static inline enum rc verify_with(const char *path, const char *vkeys, struct why *why)
{
	return verify_trusting(path, (struct bundle_trust){.ledger_key = vkeys}, why);
}

static inline void verify(const char *path)
{
	struct why why = {0};
	struct buf vkey;

	buf_init(&vkey, 1024);
	assert_int_equal(key_vkey(site.dir, "gpu-1", &vkey, NULL), RC_OK);
	if (verify_with(path, vkey.data, &why) != RC_OK)
		fail_msg("%s: %s", path, why.text);
	buf_free(&vkey);
}

static inline struct audit audit_part(const char *id, int part)
{
	char path[128];

	snprintf(path, sizeof path, "bundles/%s/%d.tar", id, part);
	verify(path);
	return audit(path);
}

static inline int64_t counted(const struct audit *a, const char *name)
{
	int64_t n = -1;

	assert_true(json_int(json_object(a->session, "counts"), name, &n));
	return n;
}

#endif
