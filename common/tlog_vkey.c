#include "tlog_vkey.h"

#include <string.h>

#include "digest.h"
#include "encode.h"

bool tlog_name_valid(struct slice name)
{
	if (!name.n || name.n > TLOG_NAME_MAX)
		return false;
	for (size_t i = 0; i < name.n; i++)
		if (name.p[i] <= ' ' || name.p[i] > '~' || name.p[i] == '+')
			return false;
	return true;
}

static void set_name(struct tlog_vkey *vkey, struct slice name)
{
	memcpy(vkey->name, name.p, name.n);
	vkey->name[name.n] = '\0';
}

/* The first bytes of SHA-256 over name, LF, kind and key. */
static void make_id(struct tlog_vkey *vkey)
{
	const unsigned char between[] = {'\n', (unsigned char)vkey->kind};
	struct sha256_ctx ctx;
	unsigned char sum[SHA256_LEN];

	sha256_begin(&ctx);
	sha256_more(&ctx, vkey->name, strlen(vkey->name));
	sha256_more(&ctx, between, sizeof between);
	sha256_more(&ctx, vkey->public, sizeof vkey->public);
	sha256_end(&ctx, sum);
	memcpy(vkey->id, sum, sizeof vkey->id);
}

enum rc tlog_vkey_make(const char *name, EVP_PKEY *key, struct tlog_vkey *out)
{
	size_t n = sizeof out->public;

	if (!tlog_name_valid(slice_str(name)) || EVP_PKEY_get_id(key) != EVP_PKEY_ED25519 ||
	    EVP_PKEY_get_raw_public_key(key, out->public, &n) != 1 || n != sizeof out->public)
		return RC_BAD;
	out->kind = TLOG_LEDGER;
	set_name(out, slice_str(name));
	make_id(out);
	return RC_OK;
}

/* Up to the next plus, which is passed over; what is left stays in text. */
static bool take(struct slice *text, struct slice *out)
{
	const char *end = text->n ? memchr(text->p, '+', text->n) : NULL;

	if (!end)
		return false;
	*out = (struct slice){text->p, (size_t)(end - text->p)};
	*text = (struct slice){end + 1, text->n - out->n - 1};
	return true;
}

static bool decode_key(struct slice text, unsigned char out[1 + ED25519_LEN])
{
	struct buf bytes;
	bool fits;

	buf_init(&bytes, 256);
	fits = base64_decode(text, &bytes) == RC_OK && bytes.len == 1 + ED25519_LEN;
	if (fits)
		memcpy(out, bytes.data, bytes.len);
	buf_free(&bytes);
	return fits;
}

/* owner: "a ledger", "a witness"; from: who prints such keys. */
static enum rc parse(struct slice text, enum tlog_kind kind, const char *owner, const char *from, struct tlog_vkey *out, struct why *why)
{
	unsigned char id[4], key[1 + ED25519_LEN];
	struct slice name, hex;

	if (!take(&text, &name) || !take(&text, &hex) || !tlog_name_valid(name) || hex_decode(hex, id, sizeof id) != RC_OK ||
	    !decode_key(text, key))
		return why_set(why, RC_BAD, "it is no key of %s: NAME+HASH+KEY, as %s", owner, from);
	if (key[0] != kind)
		return why_set(why, RC_BAD, "%s's key must be of kind %d, and this is one of kind %d", owner, (int)kind, key[0]);
	out->kind = kind;
	set_name(out, name);
	memcpy(out->public, key + 1, sizeof out->public);
	make_id(out);
	return memcmp(id, out->id, sizeof id) == 0 ? RC_OK : why_set(why, RC_BAD, "the key of %s is damaged: its hash is another", owner);
}

enum rc tlog_vkey_parse(struct slice text, struct tlog_vkey *out, struct why *why)
{
	return parse(text, TLOG_LEDGER, "a ledger", "\"phigate-agent keys\" prints it", out, why);
}

enum rc tlog_vkey_parse_witness(struct slice text, struct tlog_vkey *out, struct why *why)
{
	return parse(text, TLOG_WITNESS, "a witness", "the witness's operator publishes it", out, why);
}

enum rc tlog_vkey_text(const struct tlog_vkey *vkey, struct buf *out)
{
	unsigned char key[1 + ED25519_LEN] = {(unsigned char)vkey->kind};
	char hex[2 * sizeof vkey->id + 1];

	memcpy(key + 1, vkey->public, sizeof vkey->public);
	hex_encode(vkey->id, sizeof vkey->id, hex);
	buf_printf(out, "%s+%s+", vkey->name, hex);
	return base64_encode(key, sizeof key, out);
}

bool tlog_vkey_signed(const struct tlog_vkey *vkey, struct slice text, const unsigned char sig[ED25519_SIG_LEN])
{
	EVP_PKEY *key = EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL, vkey->public, sizeof vkey->public);
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	bool is = key && ctx && EVP_DigestVerifyInit(ctx, NULL, NULL, NULL, key) == 1 &&
		EVP_DigestVerify(ctx, sig, ED25519_SIG_LEN, (const unsigned char *)text.p, text.n) == 1;

	EVP_MD_CTX_free(ctx);
	EVP_PKEY_free(key);
	return is;
}
