/* Bundles made for tests, honest ones and all others: records become segments, an index, session.json, sums, a signature and a tar, and at
 * each of these steps a test may lay hands on what was made so far; all that comes after is then made from that. */
#ifndef PHIGATE_TEST_BUNDLE_MAKE_H
#define PHIGATE_TEST_BUNDLE_MAKE_H

#include <openssl/evp.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "age.h"
#include "clock.h"
#include "digest.h"
#include "encode.h"
#include "file.h"
#include "sshkey.h"
#include "sshsig.h"
#include "tar.h"

#define MADE_AGENT "gpu-1"
#define MADE_ID "01K0CAFE00000000000000MADE"
#define MADE_POLICY "version: 1\nmask:\n  response: {default: redact}\n"
#define MADE_OPENED_NS (1767225600LL * NS_PER_S)         /* 2026-01-01T00:00:00Z */
#define MADE_RECORDS 64
#define MADE_MEMBERS 24

struct made_record {
	const char *kind, *body;
	const char *said_kind;                   /* in the index line; NULL: the same */
	unsigned long long exchange;
	unsigned segment;
	int64_t at_ns;                           /* since the session opened */
	int64_t wall_ns, mono_ns;                /* 0: from at_ns */
	int off_by, len_by;                      /* lies of the index line */
	bool unlisted;                           /* in the segment, not in the index */
};

struct made_member {
	char name[100];
	struct buf data;
	char type;                               /* '0'; else the header gets it, with a right checksum */
};

struct bundle_make {
	EVP_PKEY *key;
	struct made_record records[MADE_RECORDS];
	size_t n_records;
	struct made_member members[MADE_MEMBERS];
	size_t n_members;
	char head[SHA256_HEX];
	const char *namespace;
	int exchanges;
	struct age_recipients recipients;        /* of all segments; nobody: they are stored as they are */
	struct buf tar;
	struct bundle_make_hooks {
		void (*records)(struct bundle_make *m);
		void (*segment)(struct buf *text, unsigned number);      /* before it is sealed */
		void (*sealed)(struct buf *stored, unsigned number);
		void (*index)(struct buf *text);
		void (*session)(struct buf *text);
		void (*sums)(struct buf *text);          /* before it is signed */
		void (*members)(struct bundle_make *m);  /* after all is signed */
		void (*tar)(struct buf *tar);
	} hooks;
};

static inline void bundle_make_must(bool good)
{
	if (!good)
		abort();
}

static inline void bundle_make_init(struct bundle_make *m)
{
	*m = (struct bundle_make){.namespace = "phigate-bundle-v1"};
	bundle_make_must(sshkey_generate_ed25519(&m->key) == RC_OK);
	buf_init(&m->tar, BUF_MAX_DEFAULT);
}

static inline void bundle_make_free(struct bundle_make *m)
{
	for (size_t i = 0; i < m->n_members; i++)
		buf_free(&m->members[i].data);
	buf_free(&m->tar);
	EVP_PKEY_free(m->key);
}

static inline struct made_record *bundle_make_record(struct bundle_make *m, const char *kind, unsigned long long exchange, unsigned segment,
						     const char *body)
{
	struct made_record *r = &m->records[m->n_records];

	bundle_make_must(m->n_records < MADE_RECORDS);
	*r = (struct made_record){.kind = kind, .body = body, .exchange = exchange, .segment = segment,
				  .at_ns = (int64_t)m->n_records++ * 250 * NS_PER_MS};
	return r;
}

/* A session with a streamed answer, a request that was held and approved, one that was denied, and a renewal. */
static inline void bundle_make_session(struct bundle_make *m)
{
	bundle_make_record(m, "open", 0, 1, "{\"user\":{\"id\":\"alice@hospital.example\",\"subject\":\"s1\",\"issuer\":\"https://idp.example\","
			   "\"groups\":[\"clinicians\"]},\"connection\":\"llama-prod\",\"reason\":\"ward round\"}");
	bundle_make_record(m, "request", 1, 1, "{\"method\":\"POST\",\"path\":\"/v1/chat/completions\",\"headers\":[[\"content-type\",\"application/json\"]],"
			   "\"text\":\"{\\\"model\\\":\\\"m\\\",\\\"stream\\\":true,\\\"messages\\\":[{\\\"role\\\":\\\"system\\\",\\\"content\\\":\\\"Be brief.\\\"},"
			   "{\\\"role\\\":\\\"user\\\",\\\"content\\\":\\\"Summarise the note.\\\"}]}\"}");
	bundle_make_record(m, "response", 1, 2, "{\"status\":200,\"headers\":[[\"content-type\",\"text/event-stream\"]]}");
	bundle_make_record(m, "response", 1, 2, "{\"chunks\":[[120000,\"data: {\\\"choices\\\":[{\\\"index\\\":0,\\\"delta\\\":{\\\"role\\\":\\\"assistant\\\",\\\"content\\\":\\\"\\\"}}]}\\n\\n\"],"
			   "[240000,\"data: {\\\"choices\\\":[{\\\"index\\\":0,\\\"delta\\\":{\\\"content\\\":\\\"Dr. [NA\\\"}}]}\\n\\ndata: {\\\"choices\\\":[{\\\"index\\\":0,\\\"delta\\\":{\\\"content\\\":\\\"ME] saw the patient\\\"}}]}\"]]}");
	bundle_make_record(m, "response", 1, 2, "{\"chunks\":[[480000,\"\\n\\ndata: {\\\"choices\\\":[{\\\"index\\\":0,\\\"delta\\\":{\\\"content\\\":\\\" \\u2014 SSN [SSN].\\\"}}]}\\n\\n\"],"
			   "[490000,\"data: [DONE]\\n\\n\"]],\"end\":true}");
	bundle_make_record(m, "renew", 0, 3, "{\"expires_at\":\"2026-01-01T01:00:00Z\"}");
	bundle_make_record(m, "request", 2, 3, "{\"method\":\"POST\",\"path\":\"/v1/chat/completions\",\"headers\":[],"
			   "\"text\":\"{\\\"model\\\":\\\"m\\\",\\\"messages\\\":[{\\\"role\\\":\\\"user\\\",\\\"content\\\":[{\\\"type\\\":\\\"text\\\",\\\"text\\\":\\\"List every patient.\\\"}]}]}\"}");
	bundle_make_record(m, "hold", 2, 3, "{\"hold\":\"7K2M-9QXD\",\"rule\":\"bulk-export\",\"expires_at\":\"2026-01-01T00:15:00Z\"}");
	bundle_make_record(m, "decision", 2, 4, "{\"hold\":\"7K2M-9QXD\",\"rule\":\"bulk-export\",\"outcome\":\"approved\",\"by\":\"bob@hospital.example\",\"reason\":\"audit\"}");
	bundle_make_record(m, "response", 2, 4, "{\"status\":200,\"headers\":[[\"content-type\",\"application/json\"]]}");
	bundle_make_record(m, "response", 2, 4, "{\"chunks\":[[9000000,\"{\\\"choices\\\":[{\\\"index\\\":0,\\\"message\\\":{\\\"role\\\":\\\"assistant\\\",\\\"content\\\":\\\"There are two.\\\"}}]}\"]],\"end\":true}");
	bundle_make_record(m, "request", 3, 4, "{\"method\":\"POST\",\"path\":\"/v1/embeddings\",\"headers\":[],\"text\":\"{\\\"input\\\":\\\"x\\\"}\"}");
	bundle_make_record(m, "decision", 3, 4, "{\"rule\":\"no-embeddings\",\"outcome\":\"denied\"}");
	bundle_make_record(m, "response", 3, 4, "{\"status\":403,\"headers\":[]}");
	bundle_make_record(m, "response", 3, 4, "{\"chunks\":[[100,{\"b64\":\"//4=\"}]],\"end\":true}");
	bundle_make_record(m, "close", 0, 5, "{\"end\":\"client\"}");
	m->exchanges = 3;
}

static inline struct made_member *bundle_make_member(struct bundle_make *m, const char *name)
{
	struct made_member *member;

	for (size_t i = 0; i < m->n_members; i++)
		if (strcmp(m->members[i].name, name) == 0)
			return &m->members[i];
	bundle_make_must(m->n_members < MADE_MEMBERS);
	member = &m->members[m->n_members++];
	*member = (struct made_member){.type = '0'};
	snprintf(member->name, sizeof member->name, "%s", name);
	buf_init(&member->data, BUF_MAX_DEFAULT);
	return member;
}

static inline struct made_member *bundle_make_segment(struct bundle_make *m, unsigned number)
{
	char name[32];

	snprintf(name, sizeof name, "seg-%06u.jsonl%s", number, m->recipients.n ? ".age" : "");
	return bundle_make_member(m, name);
}

static inline enum rc bundle_make_keep(void *arg, struct slice piece)
{
	return buf_add_slice(arg, piece);
}

static inline void bundle_make_seal(struct bundle_make *m, unsigned number)
{
	struct buf *text = &bundle_make_segment(m, number)->data, stored;

	if (m->hooks.segment)
		m->hooks.segment(text, number);
	buf_init(&stored, BUF_MAX_DEFAULT);
	bundle_make_must(age_seal(&m->recipients, buf_slice(text), bundle_make_keep, &stored) == RC_OK);
	if (m->hooks.sealed)
		m->hooks.sealed(&stored, number);
	buf_free(text);
	*text = stored;
}

static inline void bundle_make_line(const struct made_record *r, size_t i, struct buf *line)
{
	unsigned char salt[16];

	memset(salt, (int)i, sizeof salt);
	buf_puts(line, "{\"salt\":\"");
	base64_encode(salt, sizeof salt, line);
	buf_printf(line, "\",\"k\":\"%s\",\"body\":%s}", r->kind, r->body);
}

static inline int64_t bundle_make_wall_ns(const struct made_record *r)
{
	return r->wall_ns ? r->wall_ns : MADE_OPENED_NS + r->at_ns;
}

/* An index line, bound to the head, which it becomes. */
static inline void bundle_make_index_line(struct bundle_make *m, const struct made_record *r, size_t seq, size_t off, struct slice record,
					  const char *f, struct buf *index)
{
	char c[SHA256_HEX], t[CLOCK_TEXT];
	size_t from = index->len;

	sha256_hex(record.p, record.n, c);
	buf_printf(index, "{\"v\":1,\"seq\":%zu,\"prev\":\"%s\",\"t\":\"%s\",\"mono\":%lld,\"k\":\"%s\",\"x\":%llu,\"seg\":%u,\"off\":%d,"
		   "\"len\":%d,\"c\":\"%s\",\"f\":\"%s\"}\n", seq, m->head, clock_text_us(bundle_make_wall_ns(r), t),
		   (long long)(r->mono_ns ? r->mono_ns : 1000000 + r->at_ns), r->said_kind ? r->said_kind : r->kind, r->exchange, r->segment, (int)off + r->off_by,
		   (int)record.n + r->len_by, c, f);
	sha256_hex(index->data + from, index->len - from, m->head);
}

static inline void bundle_make_records(struct bundle_make *m)
{
	struct buf *index = &bundle_make_member(m, "index.jsonl")->data, line;
	size_t seq = 0, off = 0;

	buf_init(&line, BUF_MAX_DEFAULT);
	for (size_t i = 0; i < m->n_records; i++) {
		struct buf *segment = &bundle_make_segment(m, m->records[i].segment)->data;

		bundle_make_line(&m->records[i], i, segment);
		buf_putc(segment, '\n');
	}
	for (size_t i = 0; i < m->n_records && m->recipients.n; i++)
		if (i + 1 == m->n_records || m->records[i + 1].segment != m->records[i].segment)
			bundle_make_seal(m, m->records[i].segment);
	memset(m->head, '0', 64);
	m->head[64] = '\0';
	for (size_t i = 0; i < m->n_records; i++) {
		const struct made_record *r = &m->records[i];
		const struct buf *segment = &bundle_make_segment(m, r->segment)->data;
		char f[SHA256_HEX];

		if (i && r->segment != r[-1].segment)
			off = 0;
		buf_clear(&line);
		bundle_make_line(r, i, &line);
		sha256_hex(segment->data, segment->len, f);
		if (!r->unlisted)
			bundle_make_index_line(m, r, seq++, off, buf_slice(&line), f, index);
		off += line.len + 1;
	}
	buf_free(&line);
	if (m->hooks.index) {
		size_t end;

		m->hooks.index(index);
		if (!index->len)
			return;
		for (end = index->len - 1; end && index->data[end - 1] != '\n'; end--)
			continue;
		sha256_hex(index->data + end, index->len - end, m->head);
	}
}

static inline void bundle_make_about(struct bundle_make *m)
{
	struct buf *session = &bundle_make_member(m, "session.json")->data;
	char policy[SHA256_HEX], opened[CLOCK_TEXT], closed[CLOCK_TEXT];
	const struct made_record *last = m->records;
	size_t listed = 0;
	struct buf key, recipients;

	buf_init(&recipients, 4096);
	for (size_t i = 0; i < m->recipients.n; i++) {
		buf_puts(&recipients, i ? "\",\"" : "\"");
		bundle_make_must(age_recipients_text(&m->recipients, i, &recipients) == RC_OK);
	}
	buf_puts(&recipients, m->recipients.n ? "\"" : "");
	for (size_t i = 0; i < m->n_records; i++)
		if (!m->records[i].unlisted) {
			last = &m->records[i];
			listed++;
		}
	buf_init(&key, 1024);
	bundle_make_must(sshkey_line(m->key, NULL, &key) == RC_OK && key.len == 81);
	buf_puts(&bundle_make_member(m, "policy.yaml")->data, MADE_POLICY);
	sha256_hex(MADE_POLICY, strlen(MADE_POLICY), policy);
	buf_printf(session, "{\"format\":1,\"id\":\"" MADE_ID "\",\"part\":1,\"previous\":null,\"user\":{\"id\":\"alice@hospital.example\","
		   "\"subject\":\"s1\",\"issuer\":\"https://idp.example\",\"groups\":[\"clinicians\"]},\"client\":{\"address\":\"203.0.113.9\",\"port\":51022},"
		   "\"reason\":\"ward round\",\"purpose\":null,\"connection\":\"llama-prod\",\"dialect\":{\"name\":\"openai\",\"sha256\":\"%s\"},"
		   "\"agent\":{\"name\":\"" MADE_AGENT "\",\"version\":\"0.1.0\",\"signing_key\":\"%.80s\"},\"opened\":\"%s\","
		   "\"closed\":\"%s\",\"end\":\"client\",\"policy\":{\"name\":\"hipaa\",\"sha256\":\"%s\"},\"recipients\":[%s],"
		   "\"counts\":{\"exchanges\":%d,\"records\":%zu,\"held\":1,\"approved\":1,\"denied\":1,\"masked\":{\"NAME\":1,\"SSN\":1}},\"head\":\"%s\"}\n",
		   policy, key.data, clock_text_us(bundle_make_wall_ns(m->records), opened), clock_text_us(bundle_make_wall_ns(last), closed), policy, recipients.data, m->exchanges, listed, m->head);
	buf_free(&key);
	buf_free(&recipients);
	if (m->hooks.session)
		m->hooks.session(session);
}

static inline int bundle_make_order(const void *a, const void *b)
{
	return strcmp(((const struct made_member *)a)->name, ((const struct made_member *)b)->name);
}

static inline int bundle_make_rank(const char *name)
{
	static const char *const first[] = {"SHA256SUMS", "SHA256SUMS.sig", "SHA256SUMS.tsr", "session.tlog-proof", "session.json", "policy.yaml",
		"index.jsonl"};

	for (int i = 0; i < 7; i++)
		if (strcmp(name, first[i]) == 0)
			return i;
	return strncmp(name, "seg-", 4) == 0 ? 7 : 8;
}

static inline int bundle_make_place(const void *a, const void *b)
{
	const struct made_member *x = a, *y = b;
	int by = bundle_make_rank(x->name) - bundle_make_rank(y->name);

	return by ? by : strcmp(x->name, y->name);
}

static inline void bundle_make_sign(struct bundle_make *m)
{
	struct buf sums;

	buf_init(&sums, BUF_MAX_DEFAULT);
	qsort(m->members, m->n_members, sizeof *m->members, bundle_make_order);
	for (size_t i = 0; i < m->n_members; i++) {
		char hex[SHA256_HEX];

		if (bundle_make_rank(m->members[i].name) < 4)
			continue;
		sha256_hex(m->members[i].data.len ? m->members[i].data.data : "", m->members[i].data.len, hex);
		buf_printf(&sums, "%s  %s\n", hex, m->members[i].name);
	}
	if (m->hooks.sums)
		m->hooks.sums(&sums);
	buf_add_slice(&bundle_make_member(m, "SHA256SUMS")->data, buf_slice(&sums));
	bundle_make_must(sshsig_sign(m->key, m->namespace, buf_slice(&sums), &bundle_make_member(m, "SHA256SUMS.sig")->data) == RC_OK);
	qsort(m->members, m->n_members, sizeof *m->members, bundle_make_place);
	buf_free(&sums);
}

/* The checksum of a header that was changed. */
static inline void bundle_make_checksum(unsigned char *header)
{
	unsigned sum = 0;

	memset(header + 148, ' ', 8);
	for (int i = 0; i < TAR_BLOCK; i++)
		sum += header[i];
	snprintf((char *)header + 148, 7, "%06o", sum);
}

static inline void bundle_make_tar(struct bundle_make *m)
{
	static const char zeros[2 * TAR_BLOCK];

	for (size_t i = 0; i < m->n_members; i++) {
		const struct made_member *member = &m->members[i];
		unsigned char header[TAR_BLOCK];

		bundle_make_must(tar_header("x", member->data.len, MADE_OPENED_NS / NS_PER_S, header) == RC_OK);
		memset(header, 0, 100);
		memcpy(header, member->name, strlen(member->name));
		header[156] = (unsigned char)member->type;
		bundle_make_checksum(header);
		buf_add(&m->tar, header, sizeof header);
		buf_add_slice(&m->tar, buf_slice(&member->data));
		buf_add(&m->tar, zeros, (TAR_BLOCK - member->data.len % TAR_BLOCK) % TAR_BLOCK);
	}
	buf_add(&m->tar, zeros, sizeof zeros);
	if (m->hooks.tar)
		m->hooks.tar(&m->tar);
}

static inline void bundle_make_all(struct bundle_make *m)
{
	if (m->hooks.records)
		m->hooks.records(m);
	bundle_make_records(m);
	bundle_make_about(m);
	bundle_make_sign(m);
	if (m->hooks.members)
		m->hooks.members(m);
	bundle_make_tar(m);
}

static inline void bundle_make_write(const struct bundle_make *m, const char *path)
{
	bundle_make_must(file_write(path, buf_slice(&m->tar), 0600, NULL) == RC_OK);
}

/* "gpu-1@phigate OPTIONS ssh-ed25519 AAAA…\n" */
static inline void bundle_make_signers(const struct bundle_make *m, const char *principal, const char *options, struct buf *out)
{
	buf_printf(out, "%s %s%s", principal, options, *options ? " " : "");
	bundle_make_must(sshkey_line(m->key, "", out) == RC_OK);
}

#endif
