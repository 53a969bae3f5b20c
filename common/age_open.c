#include <stdlib.h>
#include <string.h>

#include "age_private.h"
#include "encode.h"
#include "wipe.h"

#define HEAD_MAX ((size_t)64 << 10)
#define LINE_MAX_BODY 64                         /* characters of base64 in a line of a stanza's body; the last line has fewer */
#define WHOLE (AGE_CHUNK + AGE_TAG)
#define BODY_MAX ((size_t)48 << 10)

struct secrets {
	unsigned char file_key[AGE_FILE_KEY], shared[AGE_KEY_LEN], wrap[SHA256_LEN], payload[SHA256_LEN];
};

struct age_opening {
	const struct age_identities *who;        /* NULL: the passphrase opens it */
	struct slice passphrase;
	struct secrets *secret;
	struct buf head;                         /* until it is whole */
	size_t line;                             /* where its last line begins */
	size_t recipients;
	bool opened;                             /* the head is read, and its MAC holds */
	struct buf chunk;                        /* the nonce and then each chunk, sealed */
	struct age_cipher cipher;                /* after the nonce */
	uint64_t chunks;                         /* opened */
};

static struct age_opening *begin(const struct age_identities *who, struct slice passphrase)
{
	struct age_opening *o = calloc(1, sizeof *o);

	if (!o)
		return NULL;
	o->who = who;
	o->passphrase = passphrase;
	buf_init(&o->head, HEAD_MAX);
	buf_init(&o->chunk, WHOLE);
	o->secret = age_secret_new(sizeof *o->secret);
	if (!o->secret) {
		age_open_free(o);
		return NULL;
	}
	return o;
}

struct age_opening *age_open_begin(const struct age_identities *who)
{
	return begin(who, SLICE(""));
}

struct age_opening *age_open_begin_passphrase(struct slice passphrase)
{
	return begin(NULL, passphrase);
}

void age_open_free(struct age_opening *o)
{
	if (!o)
		return;
	age_secret_free(o->secret, sizeof *o->secret);
	buf_free(&o->head);
	buf_free(&o->chunk);
	age_cipher_end(&o->cipher);
	free(o);
}

size_t age_open_recipients(const struct age_opening *o)
{
	return o->recipients;
}

/* ---- the head -------------------------------------------------------------------------------------------------------------- */

struct stanza {
	struct slice word[3];                    /* its first words, of which the type is one; empty when there are fewer */
	size_t words;
	struct buf body;
};

static bool take_line(struct slice *text, struct slice *line)
{
	const char *end = text->n ? memchr(text->p, '\n', text->n) : NULL;

	if (!end)
		return false;
	*line = (struct slice){text->p, (size_t)(end - text->p)};
	*text = (struct slice){end + 1, text->n - line->n - 1};
	return true;
}

static bool skip(struct slice *text, const char *what)
{
	size_t n = strlen(what);

	if (text->n < n || memcmp(text->p, what, n) != 0)
		return false;
	*text = (struct slice){text->p + n, text->n - n};
	return true;
}

/* "-> TYPE ARGUMENT…", words of visible ASCII with one space between. */
static bool read_words(struct slice line, struct stanza *s)
{
	if (!skip(&line, "-> "))
		return false;
	for (s->words = 0; ; s->words++) {
		const char *space = line.n ? memchr(line.p, ' ', line.n) : NULL;
		struct slice word = {line.p, space ? (size_t)(space - line.p) : line.n};

		if (!word.n)
			return false;
		for (size_t i = 0; i < word.n; i++)
			if (word.p[i] < 0x21 || word.p[i] > 0x7e)
				return false;
		if (s->words < sizeof s->word / sizeof *s->word)
			s->word[s->words] = word;
		if (!space)
			break;
		line = (struct slice){space + 1, line.n - word.n - 1};
	}
	s->words++;
	return true;
}

/* Base64 in whole lines and a last one that is shorter, may be empty. */
static bool read_body(struct slice *text, struct stanza *s)
{
	struct slice line;

	do {
		if (!take_line(text, &line) || line.n > LINE_MAX_BODY || base64_bare_decode(line, &s->body) != RC_OK)
			return false;
	} while (line.n == LINE_MAX_BODY);
	return true;
}

static bool decode(struct slice text, unsigned char *out, size_t n)
{
	struct buf bytes;
	bool good;

	buf_init(&bytes, n + 1);
	good = base64_bare_decode(text, &bytes) == RC_OK && bytes.len == n;
	if (good)
		memcpy(out, bytes.data, n);
	buf_free(&bytes);
	return good;
}

static bool decode_key(struct slice text, unsigned char key[AGE_KEY_LEN])
{
	return text.n == AGE_KEY_TEXT && decode(text, key, AGE_KEY_LEN);
}

/* The file's key out of what was wrapped under s->wrap. RC_NOT_FOUND: under another. */
static enum rc unwrap_under(struct secrets *s, struct slice wrapped)
{
	static const unsigned char nonce[12];
	struct age_cipher cipher = {0};
	enum rc rc = age_cipher_begin(&cipher, s->wrap, false);

	if (rc == RC_OK)
		rc = age_cipher_run(&cipher, nonce, wrapped, (char *)s->file_key);
	age_cipher_end(&cipher);
	return rc == RC_BAD ? RC_NOT_FOUND : rc;
}

/* Has one of the identities the file's key from this stanza? RC_NOT_FOUND: none. */
static enum rc unwrap(struct age_opening *o, const unsigned char share[AGE_KEY_LEN], struct slice wrapped)
{
	struct secrets *s = o->secret;
	enum rc rc = RC_NOT_FOUND;

	for (size_t i = 0; i < o->who->n && rc == RC_NOT_FOUND; i++) {
		rc = age_multiply(o->who->key[i].secret, share, s->shared);
		if (rc != RC_OK)
			return rc;
		age_wrap_key(s->shared, share, o->who->key[i].recipient, s->wrap);
		rc = unwrap_under(s, wrapped);
	}
	return rc;
}

/* A decimal number without zeros before it, from 1 to AGE_WORK_MAX; 0: it is none. */
static int read_work(struct slice text)
{
	int work = 0;

	if (text.n < 1 || text.n > 2 || text.p[0] == '0')
		return 0;
	for (size_t i = 0; i < text.n; i++) {
		if (text.p[i] < '0' || text.p[i] > '9')
			return 0;
		work = 10 * work + (text.p[i] - '0');
	}
	return work <= AGE_WORK_MAX ? work : 0;
}

/* A passphrase's stanza is the only one, so that nobody else can have sealed the file; the head's first one therefore. */
static enum rc read_scrypt(struct age_opening *o, const struct stanza *s)
{
	unsigned char salt[AGE_SCRYPT_SALT];
	int work = read_work(s->word[2]);
	enum rc rc;

	if (o->recipients || s->words != 3 || s->word[1].n != AGE_SCRYPT_SALT_TEXT || !decode(s->word[1], salt, sizeof salt) || !work ||
	    s->body.len != AGE_WRAPPED)
		return RC_BAD;
	rc = age_passphrase_key(o->passphrase, salt, work, o->secret->wrap);
	return rc == RC_OK ? unwrap_under(o->secret, buf_slice(&s->body)) : rc;
}

/* RC_NOT_FOUND: of another kind, or for somebody else. */
static enum rc read_stanza(struct age_opening *o, const struct stanza *s, bool found)
{
	unsigned char share[AGE_KEY_LEN];

	if (!slice_is(s->word[0], o->who ? "X25519" : "scrypt"))
		return RC_NOT_FOUND;
	if (!o->who)
		return read_scrypt(o, s);
	if (s->words != 2 || !decode_key(s->word[1], share) || s->body.len != AGE_WRAPPED)
		return RC_BAD;
	return found ? RC_NOT_FOUND : unwrap(o, share, buf_slice(&s->body));
}

/* Every stanza is looked at, also when the first one opens. */
static enum rc read_stanzas(struct age_opening *o, struct slice *text, struct why *why)
{
	bool found = false, passphrase = false;
	enum rc rc = RC_OK;

	while (text->n && text->p[0] == '-' && text->n > 1 && text->p[1] == '>' && rc == RC_OK) {
		struct stanza s = {0};
		struct slice line;

		buf_init(&s.body, BODY_MAX);
		rc = take_line(text, &line) && read_words(line, &s) && read_body(text, &s) ? read_stanza(o, &s, found) : RC_BAD;
		o->recipients++;
		found |= rc == RC_OK;
		passphrase |= slice_is(s.word[0], "scrypt");
		rc = rc == RC_NOT_FOUND ? RC_OK : rc;
		buf_free(&s.body);
	}
	if (rc == RC_OK && (!o->recipients || (passphrase && o->recipients > 1)))
		rc = RC_BAD;
	if (rc != RC_OK || found)
		return rc;
	if (!o->who)
		return passphrase ? why_set(why, RC_NOT_FOUND, "another passphrase protects it")
			: why_set(why, RC_NOT_FOUND, "it is sealed for a recipient, not protected by a passphrase");
	return passphrase ? why_set(why, RC_NOT_FOUND, "it is protected by a passphrase, not sealed for a recipient")
		: why_set(why, RC_NOT_FOUND, "none of the %zu it is sealed for is this identity", o->recipients);
}

/* All of it, to the LF of its last line. */
static enum rc read_head(struct age_opening *o, struct why *why)
{
	struct slice text = buf_slice(&o->head), foot = {text.p, o->line + strlen("---")};
	unsigned char mac[SHA256_LEN], said[SHA256_LEN];
	struct slice line;
	enum rc rc;

	if (!skip(&text, AGE_VERSION))
		return RC_BAD;
	rc = read_stanzas(o, &text, why);
	if (rc != RC_OK && rc != RC_NOT_FOUND)
		return rc;
	if (!take_line(&text, &line) || text.n || !skip(&line, "--- ") || !decode_key(line, said))
		return RC_BAD;
	if (rc == RC_OK) {
		age_head_mac(o->secret->file_key, foot, mac);
		rc = equal_secret(mac, said, sizeof mac) ? RC_OK : RC_BAD;
	}
	o->opened = rc == RC_OK;
	return rc;
}

/* Takes from in what belongs to the head. RC_AGAIN: it goes on. */
static enum rc feed_head(struct age_opening *o, struct slice *in, struct why *why)
{
	const char *end = in->n ? memchr(in->p, '\n', in->n) : NULL;
	size_t n = end ? (size_t)(end - in->p) + 1 : in->n, version = strlen(AGE_VERSION);
	enum rc rc = buf_add(&o->head, in->p, n);

	*in = (struct slice){in->p + n, in->n - n};
	if (rc != RC_OK)
		return rc == RC_TOO_BIG ? RC_BAD : rc;
	if (memcmp(o->head.data, AGE_VERSION, o->head.len < version ? o->head.len : version) != 0)
		return why_set(why, RC_BAD, "it is no file of age, version 1");
	if (!end)
		return RC_AGAIN;
	if (o->head.len - o->line >= 3 && memcmp(o->head.data + o->line, "---", 3) == 0)
		return read_head(o, why);
	o->line = o->head.len;
	return RC_AGAIN;
}

/* ---- the payload ------------------------------------------------------------------------------------------------------------- */

static enum rc begin_payload(struct age_opening *o)
{
	age_derive((struct slice){(const char *)o->secret->file_key, AGE_FILE_KEY}, buf_slice(&o->chunk), "payload", o->secret->payload);
	buf_clear(&o->chunk);
	return age_cipher_begin(&o->cipher, o->secret->payload, false);
}

static enum rc open_chunk(struct age_opening *o, bool last, struct buf *text)
{
	size_t n = o->chunk.len - AGE_TAG;
	unsigned char nonce[12];
	char *out;
	enum rc rc;

	if (o->chunk.len < AGE_TAG || (!n && o->chunks))
		return RC_BAD;                           /* only an empty text has an empty chunk */
	out = buf_room(text, n);
	if (!out)
		return text->rc;
	age_chunk_nonce(o->chunks, last, nonce);
	rc = age_cipher_run(&o->cipher, nonce, buf_slice(&o->chunk), out);
	if (rc != RC_OK)
		return rc;
	buf_added(text, n);
	buf_truncate(&o->chunk, 0);
	o->chunks++;
	return RC_OK;
}

/* A whole chunk says itself whether it is the last one. When it says otherwise than the file does, it is text, but the file is bad. */
static enum rc open_whole(struct age_opening *o, bool last, struct buf *text)
{
	enum rc rc = open_chunk(o, last, text);

	if (rc == RC_BAD && o->chunk.len == WHOLE)
		(void)!open_chunk(o, !last, text);
	return rc;
}

static enum rc feed_payload(struct age_opening *o, struct slice *in, struct buf *text)
{
	size_t whole = o->cipher.ctx ? WHOLE : AGE_NONCE, n = whole - o->chunk.len;
	enum rc rc;

	if (!n)
		return o->cipher.ctx ? open_whole(o, false, text) : begin_payload(o);
	n = n < in->n ? n : in->n;
	rc = buf_add(&o->chunk, in->p, n);
	*in = (struct slice){in->p + n, in->n - n};
	return rc;
}

static enum rc told(enum rc rc, struct why *why, const char *what)
{
	return rc == RC_BAD && !(why && *why->text) ? why_set(why, rc, "%s", what) : rc;
}

enum rc age_open_more(struct age_opening *o, struct slice in, struct buf *text, struct why *why)
{
	enum rc rc = RC_OK;

	while (in.n && !o->opened && (rc == RC_OK || rc == RC_AGAIN))
		rc = feed_head(o, &in, why);
	if (rc != RC_OK)
		return rc == RC_AGAIN ? RC_OK : told(rc, why, "its head is not as it was written");
	while (in.n && rc == RC_OK)
		rc = feed_payload(o, &in, text);
	return told(rc, why, "its content is not as it was written");
}

enum rc age_open_end(struct age_opening *o, struct buf *text, struct why *why)
{
	enum rc rc = RC_OK;

	if (!o->opened)
		return why_set(why, RC_BAD, "it is cut short in its head");
	if (!o->cipher.ctx)
		rc = o->chunk.len == AGE_NONCE ? begin_payload(o) : RC_BAD;
	if (rc == RC_OK)
		rc = open_whole(o, true, text);
	return told(rc, why, "its content is cut short or changed");
}
