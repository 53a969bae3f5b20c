/* A witness for tests (C2SP tlog-witness): it checks what it is asked strictly, cosigns by OpenSSL alone, and lies in the ways that a test asks for. */
#ifndef PHIGATE_TEST_COSIGNER_H
#define PHIGATE_TEST_COSIGNER_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "encode.h"
#include "sshkey.h"
#include "tlog_checkpoint.h"
#include "webserver.h"

enum cosigner_lie {
	COSIGNER_HONEST, COSIGNER_FLIPS_A_BIT, COSIGNER_OTHER_KEY, COSIGNER_OTHER_NAME, COSIGNER_OTHER_NOTE, COSIGNER_TWICE, COSIGNER_GARBAGE, COSIGNER_EMPTY,
	COSIGNER_HUGE, COSIGNER_NO_LF, COSIGNER_FAILS, COSIGNER_REDIRECTS, COSIGNER_DENIES, COSIGNER_UNKNOWN, COSIGNER_OTHER_TREE, COSIGNER_LARGER,
	COSIGNER_SIZE_GARBAGE, COSIGNER_SIZE_CHANGES,
};

struct cosigner {
	struct web web;
	const char *name;
	EVP_PKEY *key, *other;
	char vkey[256], url[64];
	struct tlog_vkey ledger;                 /* whose checkpoints it takes */
	uint64_t size;                           /* of the last that it cosigned */
	struct tlog_hash root;
	int cosigned, conflicts;
	enum cosigner_lie lie;
	int64_t apart_s;                         /* of its clock from ours */
};

static inline void cosigner_must(bool good)
{
	if (!good)
		abort();
}

static inline void cosigner_id(const char *name, EVP_PKEY *key, unsigned char id[4], unsigned char public[32])
{
	unsigned char text[200], sum[32];
	size_t n = 32, len = strlen(name);

	cosigner_must(EVP_PKEY_get_raw_public_key(key, public, &n) == 1 && n == 32 && len < 160);
	memcpy(text, name, len);
	memcpy(text + len, "\n\4", 2);
	memcpy(text + len + 2, public, 32);
	sha256(text, len + 34, sum);
	memcpy(id, sum, 4);
}

static inline void cosigner_vkey(const char *name, EVP_PKEY *key, char *out, size_t size)
{
	unsigned char id[4], public[33] = {4};
	struct buf b64;

	cosigner_id(name, key, id, public + 1);
	buf_init(&b64, 256);
	base64_encode(public, 33, &b64);
	snprintf(out, size, "%s+%02x%02x%02x%02x+%s", name, id[0], id[1], id[2], id[3], b64.data);
	buf_free(&b64);
}

/* "— NAME BASE64(id | time | signature)" over text, which ends with LF. */
static inline void cosigner_line(const char *name, EVP_PKEY *key, const unsigned char id[4], struct slice text, int64_t wall_s, struct buf *out)
{
	unsigned char blob[76];
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	struct buf message;
	size_t n = 64;

	buf_init(&message, 65536);
	buf_printf(&message, "cosignature/v1\ntime %lld\n", (long long)wall_s);
	buf_add_slice(&message, text);
	memcpy(blob, id, 4);
	for (int i = 0; i < 8; i++)
		blob[4 + i] = (unsigned char)((uint64_t)wall_s >> (56 - 8 * i));
	cosigner_must(EVP_DigestSignInit(ctx, NULL, NULL, NULL, key) == 1 &&
		      EVP_DigestSign(ctx, blob + 12, &n, (const unsigned char *)message.data, message.len) == 1);
	EVP_MD_CTX_free(ctx);
	buf_printf(out, "\xe2\x80\x94 %s ", name);
	base64_encode(blob, sizeof blob, out);
	buf_putc(out, '\n');
	buf_free(&message);
}

static inline char *cosigner_answer_bytes(struct cosigner *c, int status, struct slice body)
{
	struct buf out;

	buf_init(&out, 1 << 20);
	buf_printf(&out, "HTTP/1.1 %d X\r\nContent-Length: %zu\r\nConnection: close\r\n\r\n", status, body.n);
	buf_add_slice(&out, body);
	return buf_take(&out, &c->web.answer_n);
}

static inline char *cosigner_say(struct cosigner *c, int status, const char *body)
{
	return cosigner_answer_bytes(c, status, slice_str(body));
}

static inline char *cosigner_conflict(struct cosigner *c, uint64_t size)
{
	char text[32];

	c->conflicts++;
	snprintf(text, sizeof text, "%llu\n", (unsigned long long)size);
	return cosigner_say(c, 409, text);
}

/* "old N", hashes, an empty line, the note; abort()s when the request has another form. */
static inline struct slice cosigner_parse(const struct web *w, uint64_t *old, struct tlog_path *path)
{
	const char *at = (const char *)memmem(w->last, w->last_n, "\r\n\r\n", 4) + 4, *end = w->last + w->last_n;
	char *lf;

	cosigner_must(strncmp(at, "old ", 4) == 0);
	*old = strtoull(at + 4, &lf, 10);
	cosigner_must(*lf == '\n');
	for (at = lf + 1, path->n = 0; *at != '\n'; at = lf + 1) {
		struct buf hash;

		lf = memchr(at, '\n', (size_t)(end - at));
		cosigner_must(lf && path->n < 63);
		buf_init(&hash, 64);
		cosigner_must(base64_decode((struct slice){at, (size_t)(lf - at)}, &hash) == RC_OK && hash.len == 32);
		memcpy(path->hash[path->n++].b, hash.data, 32);
		buf_free(&hash);
	}
	return (struct slice){at + 1, (size_t)(end - at) - 1};
}

static inline char *cosigner_lies(struct cosigner *c)
{
	static char huge[100000];

	switch ((int)c->lie) {
	case COSIGNER_GARBAGE: return cosigner_say(c, 200, "<html>Please pay</html>");
	case COSIGNER_EMPTY: return cosigner_say(c, 200, "");
	case COSIGNER_HUGE:
		memset(huge, 'x', sizeof huge - 1);
		return cosigner_say(c, 200, huge);
	case COSIGNER_FAILS: return cosigner_say(c, 500, "");
	case COSIGNER_REDIRECTS: return web_answer(302, "Location: http://127.0.0.1:1/\r\n", "");
	case COSIGNER_DENIES: return cosigner_say(c, 403, "");
	case COSIGNER_UNKNOWN: return cosigner_say(c, 404, "");
	case COSIGNER_OTHER_TREE: return cosigner_say(c, 422, "");
	case COSIGNER_LARGER: return cosigner_conflict(c, 1000000);
	case COSIGNER_SIZE_GARBAGE: return cosigner_say(c, 409, "many\n");
	case COSIGNER_SIZE_CHANGES: return cosigner_conflict(c, (uint64_t)c->conflicts % 2 + 1);
	}
	return NULL;
}

static inline char *cosigner_answer(void *arg, const char *url)
{
	struct cosigner *c = arg;
	struct tlog_checkpoint checkpoint;
	unsigned char id[4], public[32];
	struct tlog_note note, said;
	struct tlog_path path;
	struct slice text;
	uint64_t old;
	struct buf out;
	char *answer;

	cosigner_must(strcmp(url, "/log/add-checkpoint") == 0 && strncmp(c->web.last, "POST ", 5) == 0);
	text = cosigner_parse(&c->web, &old, &path);
	if (c->lie && (answer = cosigner_lies(c)))
		return answer;
	if (tlog_checkpoint_open(text, &c->ledger, &checkpoint, NULL) != RC_OK)
		return cosigner_say(c, 403, "");
	if (old > checkpoint.size)
		return cosigner_say(c, 400, "");
	if (old != c->size || (old == checkpoint.size && !tlog_same(&c->root, &checkpoint.root)))
		return cosigner_conflict(c, c->size);
	if (old ? !tlog_check_consistency(old, &c->root, checkpoint.size, &checkpoint.root, &path) : path.n > 0)
		return cosigner_say(c, 422, "");
	cosigner_must(tlog_note_read(text, &note) == RC_OK);
	c->size = checkpoint.size;
	c->root = checkpoint.root;
	c->cosigned++;
	cosigner_id(c->name, c->lie == COSIGNER_OTHER_KEY ? c->other : c->key, id, public);
	said = note;
	if (c->lie == COSIGNER_OTHER_NOTE)
		said.text = SLICE("phigate/gpu-1\n1\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n");
	buf_init(&out, 65536);
	buf_puts(&out, "\xe2\x80\x94 stranger.example AAAAAAAA\n");
	for (int i = 0; i < (c->lie == COSIGNER_TWICE ? 2 : 1); i++)
		cosigner_line(c->lie == COSIGNER_OTHER_NAME ? "w9.example" : c->name, c->lie == COSIGNER_OTHER_KEY ? c->other : c->key, id, said.text,
			      time(NULL) + c->apart_s, &out);
	if (c->lie == COSIGNER_FLIPS_A_BIT)
		out.data[out.len - 12] = out.data[out.len - 12] == 'A' ? 'B' : 'A';
	if (c->lie == COSIGNER_NO_LF)
		buf_truncate(&out, out.len - 1);
	answer = cosigner_answer_bytes(c, 200, buf_slice(&out));
	buf_free(&out);
	return answer;
}

/* ledger: the vkey of the one that it watches. */
static inline void cosigner_start(struct cosigner *c, const char *name, const char *ledger)
{
	*c = (struct cosigner){.name = name};
	cosigner_must(sshkey_generate_ed25519(&c->key) == RC_OK && sshkey_generate_ed25519(&c->other) == RC_OK &&
		      tlog_vkey_parse(slice_str(ledger), &c->ledger, NULL) == RC_OK);
	cosigner_vkey(name, c->key, c->vkey, sizeof c->vkey);
	web_start(&c->web, cosigner_answer, c);
	snprintf(c->url, sizeof c->url, "http://127.0.0.1:%d/log", c->web.port);
}

static inline void cosigner_turn(struct cosigner *c, enum cosigner_lie lie, int64_t apart_s)
{
	pthread_mutex_lock(&c->web.lock);
	c->lie = lie;
	c->apart_s = apart_s;
	pthread_mutex_unlock(&c->web.lock);
}

static inline void cosigner_stop(struct cosigner *c)
{
	web_stop(&c->web);
	EVP_PKEY_free(c->key);
	EVP_PKEY_free(c->other);
}

#endif
