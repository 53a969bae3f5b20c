#include "tlog_checkpoint.h"

#include <string.h>

#include "encode.h"

#define ALGORITHM_ED25519 1
#define DASH "\xe2\x80\x94 "                     /* U+2014 begins a line of signatures */
#define LINES_MAX 64                             /* of signatures */

/* ---- keys ------------------------------------------------------------------------------------------------------------- */

/* No white space and no plus (signed-note), and no more than one can read. */
static bool name_valid(struct slice name)
{
	if (!name.n || name.n > TLOG_NAME_MAX)
		return false;
	for (size_t i = 0; i < name.n; i++)
		if (name.p[i] <= ' ' || name.p[i] > '~' || name.p[i] == '+')
			return false;
	return true;
}

static void name_copy(struct slice name, char out[TLOG_NAME_MAX + 1])
{
	memcpy(out, name.p, name.n);
	out[name.n] = '\0';
}

/* The first bytes of SHA-256 over name, LF, algorithm and key. */
static void make_id(struct tlog_vkey *vkey)
{
	const unsigned char between[] = {'\n', ALGORITHM_ED25519};
	struct sha256_ctx *ctx = sha256_begin();
	unsigned char sum[SHA256_LEN];

	sha256_more(ctx, vkey->name, strlen(vkey->name));
	sha256_more(ctx, between, sizeof between);
	sha256_more(ctx, vkey->public, sizeof vkey->public);
	sha256_end(ctx, sum);
	memcpy(vkey->id, sum, sizeof vkey->id);
}

enum rc tlog_vkey_make(const char *name, EVP_PKEY *key, struct tlog_vkey *out)
{
	size_t n = sizeof out->public;

	if (!name_valid(slice_str(name)) || EVP_PKEY_get_id(key) != EVP_PKEY_ED25519 ||
	    EVP_PKEY_get_raw_public_key(key, out->public, &n) != 1 || n != sizeof out->public)
		return RC_BAD;
	name_copy(slice_str(name), out->name);
	make_id(out);
	return RC_OK;
}

/* Up to the next c, which is passed over; what is left stays in text. */
static bool take(struct slice *text, char c, struct slice *out)
{
	const char *end = memchr(text->p, c, text->n);

	if (!end)
		return false;
	*out = (struct slice){text->p, (size_t)(end - text->p)};
	*text = (struct slice){end + 1, text->n - out->n - 1};
	return true;
}

/* Exactly n bytes behind the base64. */
static bool decode(struct slice text, void *out, size_t n)
{
	struct buf bytes;
	bool fits;

	buf_init(&bytes, 256);
	fits = base64_decode(text, &bytes) == RC_OK && bytes.len == n;
	if (fits)
		memcpy(out, bytes.data, n);
	buf_free(&bytes);
	return fits;
}

enum rc tlog_vkey_parse(struct slice text, struct tlog_vkey *out, struct why *why)
{
	unsigned char id[4], key[1 + ED25519_LEN];
	struct slice name, hex;

	if (!text.n || !take(&text, '+', &name) || !take(&text, '+', &hex) || !name_valid(name) || hex_decode(hex, id, sizeof id) != RC_OK ||
	    !decode(text, key, sizeof key))
		return why_set(why, RC_BAD, "it is no key of a ledger: NAME+HASH+KEY, as \"phigate-agent keys\" prints it");
	if (key[0] != ALGORITHM_ED25519)
		return why_set(why, RC_BAD, "the ledger's key is of another kind than Ed25519");
	name_copy(name, out->name);
	memcpy(out->public, key + 1, sizeof out->public);
	make_id(out);
	return memcmp(id, out->id, sizeof id) == 0 ? RC_OK : why_set(why, RC_BAD, "the ledger's key is damaged: its hash is another");
}

enum rc tlog_vkey_text(const struct tlog_vkey *vkey, struct buf *out)
{
	unsigned char key[1 + ED25519_LEN] = {ALGORITHM_ED25519};
	char hex[2 * sizeof vkey->id + 1];

	memcpy(key + 1, vkey->public, sizeof vkey->public);
	hex_encode(vkey->id, sizeof vkey->id, hex);
	buf_printf(out, "%s+%s+", vkey->name, hex);
	return base64_encode(key, sizeof key, out);
}

/* ---- notes ------------------------------------------------------------------------------------------------------------ */

static enum rc sign(EVP_PKEY *key, struct slice text, unsigned char sig[ED25519_SIG_LEN])
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	size_t n = ED25519_SIG_LEN;
	bool done;

	if (!ctx)
		return RC_NOMEM;
	done = EVP_DigestSignInit(ctx, NULL, NULL, NULL, key) == 1 &&
		EVP_DigestSign(ctx, sig, &n, (const unsigned char *)text.p, text.n) == 1 && n == ED25519_SIG_LEN;
	EVP_MD_CTX_free(ctx);
	return done ? RC_OK : RC_FAULT;
}

static bool signed_by(const struct tlog_vkey *vkey, struct slice text, const unsigned char sig[ED25519_SIG_LEN])
{
	EVP_PKEY *key = EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL, vkey->public, sizeof vkey->public);
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	bool is = key && ctx && EVP_DigestVerifyInit(ctx, NULL, NULL, NULL, key) == 1 &&
		EVP_DigestVerify(ctx, sig, ED25519_SIG_LEN, (const unsigned char *)text.p, text.n) == 1;

	EVP_MD_CTX_free(ctx);
	EVP_PKEY_free(key);
	return is;
}

static enum rc put_signature(struct slice text, const char *name, EVP_PKEY *key, struct buf *out)
{
	unsigned char blob[4 + ED25519_SIG_LEN];
	struct tlog_vkey vkey;
	enum rc rc = tlog_vkey_make(name, key, &vkey);

	if (rc == RC_OK)
		rc = sign(key, text, blob + 4);
	if (rc != RC_OK)
		return rc;
	memcpy(blob, vkey.id, sizeof vkey.id);
	buf_printf(out, DASH "%s ", vkey.name);
	base64_encode(blob, sizeof blob, out);
	return buf_putc(out, '\n');
}

enum rc tlog_checkpoint_sign(const struct tlog_checkpoint *checkpoint, EVP_PKEY *key, struct buf *out)
{
	struct buf text;
	enum rc rc;

	buf_init(&text, 1024);
	buf_printf(&text, "%s\n%llu\n", checkpoint->origin, (unsigned long long)checkpoint->size);
	base64_encode(checkpoint->root.b, SHA256_LEN, &text);
	rc = buf_putc(&text, '\n');
	buf_add_slice(out, buf_slice(&text));
	buf_putc(out, '\n');
	if (rc == RC_OK)
		rc = put_signature(buf_slice(&text), checkpoint->origin, key, out);
	buf_free(&text);
	return rc;
}

/* Text and lines of signatures; the text ends with its LF, and an empty line stands between. */
static bool split_note(struct slice note, struct slice *text, struct slice *signatures)
{
	const char *end = NULL;

	for (size_t i = 0; i + 1 < note.n; i++)
		if (note.p[i] == '\n' && note.p[i + 1] == '\n') {
			end = note.p + i;
			break;
		}
	if (!end || note.n > TLOG_CHECKPOINT_MAX || note.p[note.n - 1] != '\n')
		return false;
	*text = (struct slice){note.p, (size_t)(end - note.p) + 1};
	*signatures = (struct slice){end + 2, note.n - text->n - 1};
	return signatures->n > 0;
}

enum rc tlog_checkpoint_cosign(struct slice note, const char *name, EVP_PKEY *key, struct buf *out)
{
	struct slice text, signatures;

	return split_note(note, &text, &signatures) ? put_signature(text, name, key, out) : RC_BAD;
}

static bool parse_size(struct slice text, uint64_t *size)
{
	*size = 0;
	if (!text.n || text.n > 19 || (text.p[0] == '0' && text.n > 1))
		return false;
	for (size_t i = 0; i < text.n; i++) {
		if (text.p[i] < '0' || text.p[i] > '9')
			return false;
		*size = *size * 10 + (uint64_t)(text.p[i] - '0');
	}
	return *size <= TLOG_SIZE_MAX;
}

/* Lines behind the third are somebody's extension; none is empty, for the note ends there. */
static bool parse_text(struct slice text, struct tlog_checkpoint *out)
{
	struct slice origin, size, root;

	for (size_t i = 0; i < text.n; i++)
		if ((unsigned char)text.p[i] < ' ' && text.p[i] != '\n')
			return false;
	if (!take(&text, '\n', &origin) || !take(&text, '\n', &size) || !take(&text, '\n', &root) || !name_valid(origin) ||
	    !parse_size(size, &out->size) || !decode(root, out->root.b, SHA256_LEN))
		return false;
	name_copy(origin, out->origin);
	return true;
}

/* "— NAME BASE64", blob at least the key's id. */
static bool parse_signature(struct slice line, struct slice *name, struct buf *blob)
{
	size_t n = sizeof DASH - 1;

	buf_clear(blob);
	if (line.n < n || memcmp(line.p, DASH, n) != 0)
		return false;
	line = (struct slice){line.p + n, line.n - n};
	return take(&line, ' ', name) && name_valid(*name) && base64_decode(line, blob) == RC_OK && blob->len > 4;
}

/* Every line is one of signatures; found: RC_OK, RC_BAD or RC_NOT_FOUND, when vkey is not NULL. */
static bool read_signatures(struct slice text, struct slice lines, const struct tlog_vkey *vkey, enum rc *found)
{
	struct slice line, name;
	struct buf blob;
	bool good = true;
	size_t n = 0;

	*found = RC_NOT_FOUND;
	buf_init(&blob, 8192);
	while (good && lines.n) {
		good = n++ < LINES_MAX && take(&lines, '\n', &line) && parse_signature(line, &name, &blob);
		if (!good || !vkey || !slice_is(name, vkey->name) || memcmp(blob.data, vkey->id, sizeof vkey->id) != 0)
			continue;
		good = *found == RC_NOT_FOUND;           /* one signature of each key */
		*found = blob.len == 4 + ED25519_SIG_LEN && signed_by(vkey, text, (unsigned char *)blob.data + 4) ? RC_OK : RC_BAD;
	}
	buf_free(&blob);
	return good;
}

static enum rc read_note(struct slice note, const struct tlog_vkey *vkey, struct tlog_checkpoint *out, enum rc *found, struct why *why)
{
	struct slice text, signatures;

	if (!split_note(note, &text, &signatures) || !parse_text(text, out) || !read_signatures(text, signatures, vkey, found))
		return why_set(why, RC_BAD, "it is no checkpoint of a ledger");
	return RC_OK;
}

enum rc tlog_checkpoint_parse(struct slice note, struct tlog_checkpoint *out, struct why *why)
{
	enum rc found;

	return read_note(note, NULL, out, &found, why);
}

enum rc tlog_checkpoint_open(struct slice note, const struct tlog_vkey *vkey, struct tlog_checkpoint *out, struct why *why)
{
	enum rc found, rc = read_note(note, vkey, out, &found, why);

	if (rc != RC_OK)
		return rc;
	if (strcmp(out->origin, vkey->name) != 0)
		return why_set(why, RC_DENIED, "the checkpoint is of ledger %s, the key is of %s", out->origin, vkey->name);
	if (found == RC_NOT_FOUND)
		return why_set(why, RC_DENIED, "the checkpoint of %s is signed by another key", out->origin);
	return found == RC_OK ? RC_OK : why_set(why, RC_BAD, "the signature of the checkpoint of %s is wrong", out->origin);
}
