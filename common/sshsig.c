#include "sshsig.h"

#include <string.h>

#include "encode.h"
#include "sshkey.h"

#define ARMORED_MAX 8192
#define COLUMNS 70
#define ED25519_SIG_LEN 64
#define VERSION 1

static const char BEGIN[] = "-----BEGIN SSH SIGNATURE-----\n";
static const char END[] = "-----END SSH SIGNATURE-----\n";
static const char MAGIC[] = "SSHSIG";                           /* without its NUL */
static const char HASH[] = "sha512";
static const char KEY_TYPE[] = "ssh-ed25519";

/* PROTOCOL.sshsig, section 3: what the key signs. */
static enum rc put_signed(const char *namespace, const unsigned char sum[SHA512_LEN], struct buf *out)
{
	buf_puts(out, MAGIC);
	ssh_put_string(out, slice_str(namespace));
	ssh_put_string(out, SLICE(""));                         /* reserved */
	ssh_put_string(out, slice_str(HASH));
	return ssh_put_string(out, (struct slice){(const char *)sum, SHA512_LEN});
}


static enum rc armor(struct slice blob, struct buf *out)
{
	struct buf text;
	enum rc rc;

	buf_init(&text, ARMORED_MAX);
	rc = base64_encode(blob.p, blob.n, &text);
	buf_puts(out, BEGIN);
	for (size_t at = 0; at < text.len; at += COLUMNS) {
		buf_add(out, text.data + at, text.len - at < COLUMNS ? text.len - at : COLUMNS);
		buf_putc(out, '\n');
	}
	buf_puts(out, END);
	buf_free(&text);
	return rc == RC_OK ? out->rc : rc;
}

static enum rc sign_raw(EVP_PKEY *key, struct slice message, unsigned char sig[ED25519_SIG_LEN])
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	size_t n = ED25519_SIG_LEN;
	bool good = ctx && EVP_DigestSignInit(ctx, NULL, NULL, NULL, key) == 1 &&
		EVP_DigestSign(ctx, sig, &n, (const unsigned char *)message.p, message.n) == 1 && n == ED25519_SIG_LEN;

	EVP_MD_CTX_free(ctx);
	return good ? RC_OK : RC_FAULT;
}

enum rc sshsig_sign(EVP_PKEY *key, const char *namespace, struct slice data, struct buf *armored)
{
	unsigned char sum[SHA512_LEN];

	sha512(data.p, data.n, sum);
	return sshsig_sign_sum(key, namespace, sum, armored);
}

enum rc sshsig_sign_sum(EVP_PKEY *key, const char *namespace, const unsigned char sum[SHA512_LEN], struct buf *armored)
{
	unsigned char raw[ED25519_SIG_LEN];
	struct buf message, pk, sig, blob;
	enum rc rc;

	buf_init(&message, 4096);
	buf_init(&pk, 512);
	buf_init(&sig, 512);
	buf_init(&blob, 4096);
	rc = EVP_PKEY_is_a(key, "ED25519") ? sshkey_public_blob(key, &pk) : RC_BAD;
	if (rc == RC_OK)
		rc = put_signed(namespace, sum, &message);
	if (rc == RC_OK)
		rc = sign_raw(key, buf_slice(&message), raw);
	if (rc != RC_OK)
		goto out;
	ssh_put_string(&sig, slice_str(KEY_TYPE));
	ssh_put_string(&sig, (struct slice){(char *)raw, sizeof raw});
	buf_puts(&blob, MAGIC);
	ssh_put_u32(&blob, VERSION);
	ssh_put_string(&blob, buf_slice(&pk));
	ssh_put_string(&blob, slice_str(namespace));
	ssh_put_string(&blob, SLICE(""));
	ssh_put_string(&blob, slice_str(HASH));
	rc = ssh_put_string(&blob, buf_slice(&sig));
	rc = sig.rc != RC_OK ? sig.rc : rc;
	if (rc == RC_OK)
		rc = armor(buf_slice(&blob), armored);
out:
	buf_free(&message);
	buf_free(&pk);
	buf_free(&sig);
	buf_free(&blob);
	return rc;
}

/* The base64 between the two lines, decoded. */
static enum rc unarmor(struct slice text, struct buf *out)
{
	size_t begin_n = sizeof BEGIN - 1, end_n = sizeof END - 1;
	struct buf joined;
	enum rc rc;

	if (text.n > ARMORED_MAX || text.n < begin_n + end_n + 1 || memcmp(text.p, BEGIN, begin_n) != 0 ||
	    memcmp(text.p + text.n - end_n, END, end_n) != 0 || text.p[text.n - end_n - 1] != '\n')
		return RC_BAD;
	buf_init(&joined, ARMORED_MAX);
	for (size_t i = begin_n; i < text.n - end_n; i++)
		if (text.p[i] != '\n')
			buf_putc(&joined, text.p[i]);
	rc = joined.rc == RC_OK ? base64_decode(buf_slice(&joined), out) : joined.rc;
	buf_free(&joined);
	return rc;
}

struct parts {
	struct slice pk, namespace, sig;
};

static enum rc split(struct slice in, struct parts *out)
{
	struct slice reserved, hash, sig, type;
	uint32_t version;

	if (in.n < sizeof MAGIC - 1 || memcmp(in.p, MAGIC, sizeof MAGIC - 1) != 0)
		return RC_BAD;
	in.p += sizeof MAGIC - 1;
	in.n -= sizeof MAGIC - 1;
	if (ssh_get_u32(&in, &version) != RC_OK || version != VERSION || ssh_get_string(&in, &out->pk) != RC_OK ||
	    ssh_get_string(&in, &out->namespace) != RC_OK || ssh_get_string(&in, &reserved) != RC_OK || reserved.n ||
	    ssh_get_string(&in, &hash) != RC_OK || !slice_is(hash, HASH) || ssh_get_string(&in, &sig) != RC_OK || in.n)
		return RC_BAD;
	if (ssh_get_string(&sig, &type) != RC_OK || !slice_is(type, KEY_TYPE) || ssh_get_string(&sig, &out->sig) != RC_OK ||
	    out->sig.n != ED25519_SIG_LEN || sig.n)
		return RC_BAD;
	return RC_OK;
}

static bool verifies(EVP_PKEY *key, struct slice sig, struct slice message)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	bool good = ctx && EVP_DigestVerifyInit(ctx, NULL, NULL, NULL, key) == 1 &&
		EVP_DigestVerify(ctx, (const unsigned char *)sig.p, sig.n, (const unsigned char *)message.p, message.n) == 1;

	EVP_MD_CTX_free(ctx);
	return good;
}

enum rc sshsig_verify(struct slice armored, const char *namespace, struct slice data, struct buf *pk_blob, struct why *why)
{
	unsigned char sum[SHA512_LEN];
	struct parts parts = {0};
	EVP_PKEY *key = NULL;
	struct buf blob, message;
	enum rc rc;

	buf_init(&blob, ARMORED_MAX);
	buf_init(&message, 4096);
	rc = unarmor(armored, &blob);
	if (rc == RC_OK)
		rc = split(buf_slice(&blob), &parts);
	if (rc == RC_OK)
		rc = sshkey_from_blob(parts.pk, &key);
	if (rc == RC_OK && !EVP_PKEY_is_a(key, "ED25519"))
		rc = RC_BAD;
	if (rc != RC_OK) {
		why_set(why, rc, "this is no SSH signature by an Ed25519 key with SHA-512");
		goto out;
	}
	if (!slice_is(parts.namespace, namespace)) {
		rc = why_set(why, RC_DENIED, "the signature was made for another purpose than %s", namespace);
		goto out;
	}
	sha512(data.p, data.n, sum);
	rc = put_signed(namespace, sum, &message);
	if (rc == RC_OK && !verifies(key, parts.sig, buf_slice(&message)))
		rc = why_set(why, RC_DENIED, "the signature does not fit what is signed");
	if (rc == RC_OK)
		rc = buf_add_slice(pk_blob, parts.pk);
out:
	EVP_PKEY_free(key);
	buf_free(&blob);
	buf_free(&message);
	return rc;
}
