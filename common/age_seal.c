#include <string.h>

#include "age_private.h"
#include "encode.h"
#include "wipe.h"

#define STANZA_BYTES (strlen("-> X25519 ") + AGE_KEY_TEXT + 1 + AGE_KEY_TEXT + 1)
#define FOOT_BYTES (strlen("--- ") + AGE_KEY_TEXT + 1)
#define HEAD_MAX (sizeof AGE_VERSION + AGE_RECIPIENTS_MAX * STANZA_BYTES + FOOT_BYTES + AGE_NONCE)

struct secrets {
	unsigned char file_key[AGE_FILE_KEY], ephemeral[AGE_KEY_LEN], shared[AGE_KEY_LEN], wrap[SHA256_LEN], payload[SHA256_LEN];
};

/* The file key for one recipient. */
static enum rc put_stanza(struct secrets *s, const unsigned char recipient[AGE_KEY_LEN], struct buf *head)
{
	static const unsigned char nonce[12];
	unsigned char share[AGE_KEY_LEN];
	struct age_cipher cipher = {0};
	char wrapped[AGE_WRAPPED];
	enum rc rc;

	random_bytes(s->ephemeral, sizeof s->ephemeral);
	rc = age_multiply(s->ephemeral, NULL, share);
	if (rc == RC_OK)
		rc = age_multiply(s->ephemeral, recipient, s->shared);
	if (rc != RC_OK)
		return RC_FAULT;
	age_wrap_key(s->shared, share, recipient, s->wrap);
	rc = age_cipher_begin(&cipher, s->wrap, true);
	if (rc == RC_OK)
		rc = age_cipher_run(&cipher, nonce, (struct slice){(const char *)s->file_key, AGE_FILE_KEY}, wrapped);
	age_cipher_end(&cipher);
	if (rc != RC_OK)
		return rc;
	buf_puts(head, "-> X25519 ");
	base64_bare_encode(share, sizeof share, head);
	buf_putc(head, '\n');
	base64_bare_encode(wrapped, sizeof wrapped, head);
	return buf_putc(head, '\n');
}

/* All before the payload's chunks, for which the key is made. */
static enum rc put_head(struct secrets *s, const struct age_recipients *to, struct buf *head)
{
	unsigned char mac[SHA256_LEN], nonce[AGE_NONCE];
	enum rc rc = to->n ? buf_puts(head, AGE_VERSION) : RC_FAULT;

	random_bytes(s->file_key, sizeof s->file_key);
	for (size_t i = 0; i < to->n && rc == RC_OK; i++)
		rc = put_stanza(s, to->key[i], head);
	if (rc == RC_OK)
		rc = buf_puts(head, "---");
	if (rc != RC_OK)
		return rc;
	age_head_mac(s->file_key, buf_slice(head), mac);
	buf_putc(head, ' ');
	base64_bare_encode(mac, sizeof mac, head);
	buf_putc(head, '\n');
	random_bytes(nonce, sizeof nonce);
	age_derive((struct slice){(const char *)s->file_key, AGE_FILE_KEY}, (struct slice){(const char *)nonce, sizeof nonce}, "payload", s->payload);
	return buf_add(head, nonce, sizeof nonce);
}

static enum rc put_chunks(const struct secrets *s, struct slice text, age_put *put, void *arg)
{
	static const size_t whole = AGE_CHUNK + AGE_TAG;
	struct age_cipher cipher = {0};
	enum rc rc = age_cipher_begin(&cipher, s->payload, true);
	struct buf sealed;
	char *out;

	buf_init(&sealed, whole);
	out = buf_room(&sealed, text.n < AGE_CHUNK ? text.n + AGE_TAG : whole);
	if (rc == RC_OK && !out)
		rc = sealed.rc;
	for (uint64_t chunk = 0; rc == RC_OK; chunk++) {
		size_t n = text.n < AGE_CHUNK ? text.n : AGE_CHUNK;
		unsigned char nonce[12];

		age_chunk_nonce(chunk, n == text.n, nonce);
		rc = age_cipher_run(&cipher, nonce, (struct slice){text.p, n}, out);
		if (rc == RC_OK)
			rc = put(arg, (struct slice){out, n + AGE_TAG});
		text = (struct slice){text.p + n, text.n - n};
		if (!text.n)
			break;
	}
	buf_free(&sealed);
	age_cipher_end(&cipher);
	return rc;
}

enum rc age_seal(const struct age_recipients *to, struct slice text, age_put *put, void *arg)
{
	struct secrets *s = age_secret_new(sizeof *s);
	struct buf head;
	enum rc rc;

	if (!s)
		return RC_NOMEM;
	buf_init(&head, HEAD_MAX);
	rc = put_head(s, to, &head);
	if (rc == RC_OK)
		rc = put(arg, buf_slice(&head));
	if (rc == RC_OK)
		rc = put_chunks(s, text, put, arg);
	buf_free(&head);
	age_secret_free(s, sizeof *s);
	return rc;
}

uint64_t age_text_bytes(uint64_t file_bytes, size_t n_recipients)
{
	uint64_t head = strlen(AGE_VERSION) + n_recipients * STANZA_BYTES + FOOT_BYTES + AGE_NONCE, payload, chunks;

	if (file_bytes < head + AGE_TAG)
		return 0;
	payload = file_bytes - head;
	chunks = (payload + AGE_CHUNK + AGE_TAG - 1) / (AGE_CHUNK + AGE_TAG);
	return payload - chunks * AGE_TAG < payload ? payload - chunks * AGE_TAG : 0;
}
