#include "tlog_checkpoint.h"

#include <string.h>

#include "encode.h"

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

static enum rc put_signature(struct slice text, const char *name, EVP_PKEY *key, struct buf *out)
{
	unsigned char sig[ED25519_SIG_LEN];
	struct tlog_vkey vkey;
	enum rc rc = tlog_vkey_make(name, key, &vkey);

	if (rc == RC_OK)
		rc = sign(key, text, sig);
	return rc == RC_OK ? tlog_note_sign(&vkey, (struct slice){(const char *)sig, sizeof sig}, out) : rc;
}

enum rc tlog_checkpoint_sign(const struct tlog_checkpoint *checkpoint, EVP_PKEY *key, struct buf *out)
{
	struct buf text;
	enum rc rc;

	buf_init(&text, 1024);
	buf_printf(&text, "%s\n%llu\n", checkpoint->origin, (unsigned long long)checkpoint->size);
	base64_encode(checkpoint->root.b, SHA256_LEN, &text);
	rc = buf_putc(&text, '\n');
	buf_add_buf(out, &text);
	buf_putc(out, '\n');
	if (rc == RC_OK)
		rc = put_signature(buf_slice(&text), checkpoint->origin, key, out);
	buf_free(&text);
	return rc;
}

enum rc tlog_checkpoint_cosign(struct slice note, const char *name, EVP_PKEY *key, struct buf *out)
{
	struct tlog_note n;

	return tlog_note_read(note, &n) == RC_OK ? put_signature(n.text, name, key, out) : RC_BAD;
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

static bool parse_root(struct slice text, struct tlog_hash *root)
{
	struct buf bytes;
	bool fits;

	buf_init(&bytes, 256);
	fits = base64_decode(text, &bytes) == RC_OK && bytes.len == SHA256_LEN;
	if (fits)
		memcpy(root->b, bytes.data, SHA256_LEN);
	buf_free(&bytes);
	return fits;
}

static bool take_line(struct slice *text, struct slice *out)
{
	const char *end = text->n ? memchr(text->p, '\n', text->n) : NULL;

	if (!end)
		return false;
	*out = (struct slice){text->p, (size_t)(end - text->p)};
	*text = (struct slice){end + 1, text->n - out->n - 1};
	return true;
}

/* Lines behind the third are somebody's extension; none is empty, for the note ends there. */
static bool parse_text(struct slice text, struct tlog_checkpoint *out)
{
	struct slice origin, size, root;

	for (size_t i = 0; i < text.n; i++)
		if ((unsigned char)text.p[i] < ' ' && text.p[i] != '\n')
			return false;
	if (!take_line(&text, &origin) || !take_line(&text, &size) || !take_line(&text, &root) || !tlog_name_valid(origin) ||
	    !parse_size(size, &out->size) || !parse_root(root, &out->root))
		return false;
	memcpy(out->origin, origin.p, origin.n);
	out->origin[origin.n] = '\0';
	return true;
}

static enum rc read_note(struct slice note, struct tlog_note *n, struct tlog_checkpoint *out, struct why *why)
{
	if (tlog_note_read(note, n) != RC_OK || !parse_text(n->text, out))
		return why_set(why, RC_BAD, "it is no checkpoint of a ledger");
	return RC_OK;
}

enum rc tlog_checkpoint_parse(struct slice note, struct tlog_checkpoint *out, struct why *why)
{
	struct tlog_note n;

	return read_note(note, &n, out, why);
}

enum rc tlog_checkpoint_open(struct slice note, const struct tlog_vkey *vkey, struct tlog_checkpoint *out, struct why *why)
{
	struct tlog_note n;
	struct buf sig;
	enum rc rc = read_note(note, &n, out, why);

	if (rc != RC_OK)
		return rc;
	if (strcmp(out->origin, vkey->name) != 0)
		return why_set(why, RC_DENIED, "the checkpoint is of ledger %s, the key is of %s", out->origin, vkey->name);
	buf_init(&sig, TLOG_NOTE_MAX);
	rc = tlog_note_find(n.lines, vkey, NULL, &sig);
	if (rc == RC_NOT_FOUND)
		rc = why_set(why, RC_DENIED, "the checkpoint of %s is signed by another key", out->origin);
	else if (rc == RC_OK && (sig.len != ED25519_SIG_LEN || !tlog_vkey_signed(vkey, n.text, (const unsigned char *)sig.data)))
		rc = why_set(why, RC_BAD, "the signature of the checkpoint of %s is wrong", out->origin);
	else if (rc != RC_OK)
		why_set(why, rc, "it is no checkpoint of a ledger");
	buf_free(&sig);
	return rc;
}
