#include "sshkey.h"

#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/param_build.h>
#include <openssl/x509.h>
#include <string.h>

#include "digest.h"
#include "encode.h"
#include "wipe.h"

#define ED25519_LEN 32
#define POINT_LEN 65                             /* 04 x y, SEC 1 section 2.3.3 */
#define PRIVATE_FILE_MAX 8192

static const char ED25519_TYPE[] = "ssh-ed25519";
static const char P256_TYPE[] = "ecdsa-sha2-nistp256";
static const char P256_CURVE[] = "nistp256";

/* RFC 5480: AlgorithmIdentifier id-ecPublicKey with prime256v1, and the BIT STRING that holds the point. */
static const unsigned char SPKI_P256[] = {
	0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01,
	0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00,
};

/* ---- wire format -------------------------------------------------------------------------------------------------- */

enum rc ssh_put_u32(struct buf *out, uint32_t v)
{
	unsigned char b[4] = {(unsigned char)(v >> 24), (unsigned char)(v >> 16), (unsigned char)(v >> 8), (unsigned char)v};

	return buf_add(out, b, sizeof b);
}

enum rc ssh_put_string(struct buf *out, struct slice s)
{
	if (s.n > UINT32_MAX)
		return out->rc = RC_TOO_BIG;
	ssh_put_u32(out, (uint32_t)s.n);
	return buf_add_slice(out, s);
}

enum rc ssh_get_u32(struct slice *in, uint32_t *v)
{
	const unsigned char *p = (const unsigned char *)in->p;

	if (in->n < 4)
		return RC_BAD;
	*v = (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
	in->p += 4;
	in->n -= 4;
	return RC_OK;
}

enum rc ssh_get_string(struct slice *in, struct slice *s)
{
	struct slice rest = *in;
	uint32_t n;

	if (ssh_get_u32(&rest, &n) != RC_OK || rest.n < n)
		return RC_BAD;
	*s = (struct slice){rest.p, n};
	*in = (struct slice){rest.p + n, rest.n - n};
	return RC_OK;
}

/* ---- keys --------------------------------------------------------------------------------------------------------- */

enum rc sshkey_generate_ed25519(EVP_PKEY **out)
{
	*out = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
	return *out ? RC_OK : RC_FAULT;
}

enum rc sshkey_generate_p256(EVP_PKEY **out)
{
	*out = EVP_EC_gen("P-256");
	return *out ? RC_OK : RC_FAULT;
}

static enum rc p256_point(EVP_PKEY *key, unsigned char point[POINT_LEN])
{
	char group[32];
	size_t n;

	if (!EVP_PKEY_is_a(key, "EC") || !EVP_PKEY_get_group_name(key, group, sizeof group, &n) ||
	    (strcmp(group, "prime256v1") != 0 && strcmp(group, "P-256") != 0))
		return RC_BAD;
	if (!EVP_PKEY_get_octet_string_param(key, OSSL_PKEY_PARAM_PUB_KEY, point, POINT_LEN, &n))
		return RC_FAULT;
	return n == POINT_LEN && point[0] == 4 ? RC_OK : RC_BAD;
}

/* OpenSSL refuses a point that is not on the curve. */
static enum rc p256_from_point(struct slice point, EVP_PKEY **out)
{
	EVP_PKEY_CTX *ctx = NULL;
	char group[] = "prime256v1";
	unsigned char copy[POINT_LEN];
	OSSL_PARAM params[] = {
		OSSL_PARAM_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, group, sizeof group - 1),
		OSSL_PARAM_octet_string(OSSL_PKEY_PARAM_PUB_KEY, copy, sizeof copy),
		OSSL_PARAM_END,
	};
	enum rc rc = RC_BAD;

	*out = NULL;
	if (point.n != POINT_LEN || point.p[0] != 4)
		return RC_BAD;
	memcpy(copy, point.p, sizeof copy);
	ctx = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);
	if (!ctx || EVP_PKEY_fromdata_init(ctx) != 1)
		rc = RC_FAULT;
	else if (EVP_PKEY_fromdata(ctx, out, EVP_PKEY_PUBLIC_KEY, params) == 1)
		rc = RC_OK;
	EVP_PKEY_CTX_free(ctx);
	return rc;
}

enum rc sshkey_public_blob(EVP_PKEY *key, struct buf *out)
{
	unsigned char raw[POINT_LEN];
	size_t n = ED25519_LEN;
	enum rc rc;

	if (EVP_PKEY_is_a(key, "ED25519")) {
		if (EVP_PKEY_get_raw_public_key(key, raw, &n) != 1 || n != ED25519_LEN)
			return RC_FAULT;
		ssh_put_string(out, slice_str(ED25519_TYPE));
		return ssh_put_string(out, (struct slice){(char *)raw, ED25519_LEN});
	}
	rc = p256_point(key, raw);
	if (rc != RC_OK)
		return rc;
	ssh_put_string(out, slice_str(P256_TYPE));
	ssh_put_string(out, slice_str(P256_CURVE));
	return ssh_put_string(out, (struct slice){(char *)raw, POINT_LEN});
}

enum rc sshkey_from_blob(struct slice blob, EVP_PKEY **out)
{
	struct slice type, curve, key;

	*out = NULL;
	if (ssh_get_string(&blob, &type) != RC_OK)
		return RC_BAD;
	if (slice_is(type, ED25519_TYPE)) {
		if (ssh_get_string(&blob, &key) != RC_OK || blob.n || key.n != ED25519_LEN)
			return RC_BAD;
		*out = EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL, (const unsigned char *)key.p, key.n);
		return *out ? RC_OK : RC_FAULT;
	}
	if (!slice_is(type, P256_TYPE) || ssh_get_string(&blob, &curve) != RC_OK || !slice_is(curve, P256_CURVE) ||
	    ssh_get_string(&blob, &key) != RC_OK || blob.n)
		return RC_BAD;
	return p256_from_point(key, out);
}

enum rc sshkey_line(EVP_PKEY *key, const char *comment, struct buf *out)
{
	struct buf blob;
	struct slice rest, type;
	enum rc rc;

	buf_init(&blob, 512);
	rc = sshkey_public_blob(key, &blob);
	if (rc != RC_OK)
		goto out;
	rest = buf_slice(&blob);
	rc = ssh_get_string(&rest, &type);
	if (rc != RC_OK)
		goto out;
	buf_add_slice(out, type);
	buf_putc(out, ' ');
	base64_encode(blob.data, blob.len, out);
	if (comment && *comment)
		buf_printf(out, " %s", comment);
	rc = buf_putc(out, '\n');
out:
	buf_free(&blob);
	return rc;
}

static struct slice word(struct slice *line)
{
	struct slice w = {line->p, 0};

	while (line->n && (*line->p == ' ' || *line->p == '\t')) {
		line->p++;
		line->n--;
	}
	w.p = line->p;
	while (line->n && !strchr(" \t\r\n", *line->p)) {
		line->p++;
		line->n--;
		w.n++;
	}
	return w;
}

enum rc sshkey_parse_line(struct slice line, struct buf *blob)
{
	struct slice type = word(&line), text = word(&line), rest, inner;
	size_t before = blob->len;
	enum rc rc;

	if (!type.n || !text.n)
		return RC_BAD;
	rc = base64_decode(text, blob);
	if (rc != RC_OK)
		return rc;
	rest = (struct slice){blob->data + before, blob->len - before};
	if (ssh_get_string(&rest, &inner) == RC_OK && inner.n == type.n && memcmp(inner.p, type.p, type.n) == 0)
		return RC_OK;
	buf_truncate(blob, before);
	return RC_BAD;
}

void sshkey_fingerprint(struct slice blob, char out[64])
{
	unsigned char sum[SHA256_LEN];
	struct buf text;

	sha256(blob.p, blob.n, sum);
	buf_init(&text, 63);
	buf_puts(&text, "SHA256:");
	base64_encode(sum, sizeof sum, &text);
	while (text.len && text.data[text.len - 1] == '=')
		buf_truncate(&text, text.len - 1);
	if (text.rc == RC_OK)
		memcpy(out, text.data, text.len + 1);
	else
		out[0] = '\0';
	buf_free(&text);
}

enum rc sshkey_public_der(EVP_PKEY *key, struct buf *out)
{
	unsigned char point[POINT_LEN];
	enum rc rc = p256_point(key, point);

	if (rc != RC_OK)
		return rc;
	buf_add(out, SPKI_P256, sizeof SPKI_P256);
	return buf_add(out, point, sizeof point);
}

/* One encoding only, so that the same key is always the same bytes. */
enum rc sshkey_from_der(struct slice der, EVP_PKEY **out)
{
	*out = NULL;
	if (der.n != sizeof SPKI_P256 + POINT_LEN || memcmp(der.p, SPKI_P256, sizeof SPKI_P256) != 0)
		return RC_BAD;
	return p256_from_point((struct slice){der.p + sizeof SPKI_P256, POINT_LEN}, out);
}

/* ---- private key files (PROTOCOL.key) ----------------------------------------------------------------------------- */

static const char FILE_BEGIN[] = "-----BEGIN OPENSSH PRIVATE KEY-----\n";
static const char FILE_END[] = "-----END OPENSSH PRIVATE KEY-----\n";
static const char FILE_MAGIC[] = "openssh-key-v1";              /* its NUL counts */

static enum rc put_private_part(EVP_PKEY *key, const char *comment, struct buf *out)
{
	unsigned char secret[2 * ED25519_LEN];
	size_t n = ED25519_LEN;
	uint32_t check;
	enum rc rc = RC_FAULT;

	random_bytes(&check, sizeof check);
	if (EVP_PKEY_get_raw_private_key(key, secret, &n) != 1 || EVP_PKEY_get_raw_public_key(key, secret + ED25519_LEN, &n) != 1)
		goto out;
	ssh_put_u32(out, check);
	ssh_put_u32(out, check);
	ssh_put_string(out, slice_str(ED25519_TYPE));
	ssh_put_string(out, (struct slice){(char *)secret + ED25519_LEN, ED25519_LEN});
	ssh_put_string(out, (struct slice){(char *)secret, sizeof secret});
	ssh_put_string(out, slice_str(comment ? comment : ""));
	for (char pad = 1; out->rc == RC_OK && out->len % 8; pad++)
		buf_putc(out, pad);
	rc = out->rc;
out:
	wipe(secret, sizeof secret);
	return rc;
}

enum rc sshkey_write_private(EVP_PKEY *key, const char *comment, struct buf *out)
{
	struct buf blob, part, file, text;
	enum rc rc;

	buf_init(&blob, 512);
	buf_init(&part, PRIVATE_FILE_MAX);
	buf_init(&file, PRIVATE_FILE_MAX);
	buf_init(&text, PRIVATE_FILE_MAX);
	rc = EVP_PKEY_is_a(key, "ED25519") ? sshkey_public_blob(key, &blob) : RC_BAD;
	if (rc == RC_OK)
		rc = put_private_part(key, comment, &part);
	if (rc != RC_OK)
		goto out;
	buf_add(&file, FILE_MAGIC, sizeof FILE_MAGIC);
	ssh_put_string(&file, SLICE("none"));                   /* cipher */
	ssh_put_string(&file, SLICE("none"));                   /* key derivation */
	ssh_put_string(&file, SLICE(""));
	ssh_put_u32(&file, 1);
	ssh_put_string(&file, buf_slice(&blob));
	rc = ssh_put_string(&file, buf_slice(&part));
	if (rc == RC_OK)
		rc = base64_encode(file.data, file.len, &text);
	if (rc != RC_OK)
		goto out;
	buf_puts(out, FILE_BEGIN);
	for (size_t at = 0; at < text.len; at += 70) {
		buf_add(out, text.data + at, text.len - at < 70 ? text.len - at : 70);
		buf_putc(out, '\n');
	}
	rc = buf_puts(out, FILE_END);
out:
	buf_free(&blob);
	buf_free(&part);
	buf_free(&file);
	buf_free(&text);
	return rc;
}

/* The base64 between the BEGIN and END lines, line ends taken out, decoded. */
static enum rc unwrap(struct slice text, struct buf *out)
{
	size_t begin_n = sizeof FILE_BEGIN - 2, end_n = sizeof FILE_END - 2;        /* without LF */
	struct buf joined;
	enum rc rc;

	while (text.n && strchr(" \t\r\n", text.p[text.n - 1]))
		text.n--;
	if (text.n < begin_n + end_n || memcmp(text.p, FILE_BEGIN, begin_n) != 0 ||
	    memcmp(text.p + text.n - end_n, FILE_END, end_n) != 0)
		return RC_BAD;
	buf_init(&joined, PRIVATE_FILE_MAX);
	for (size_t i = begin_n; i < text.n - end_n; i++)
		if (text.p[i] != '\n' && text.p[i] != '\r')
			buf_putc(&joined, text.p[i]);
	rc = joined.rc == RC_OK ? base64_decode(buf_slice(&joined), out) : joined.rc;
	buf_free(&joined);
	return rc;
}

static enum rc read_private_part(struct slice part, EVP_PKEY **out)
{
	struct slice type, public, secret, comment;
	unsigned char again[ED25519_LEN];
	size_t n = sizeof again;
	uint32_t check, check2;

	if (ssh_get_u32(&part, &check) != RC_OK || ssh_get_u32(&part, &check2) != RC_OK || check != check2 ||
	    ssh_get_string(&part, &type) != RC_OK || !slice_is(type, ED25519_TYPE) || ssh_get_string(&part, &public) != RC_OK ||
	    public.n != ED25519_LEN || ssh_get_string(&part, &secret) != RC_OK || secret.n != 2 * ED25519_LEN ||
	    ssh_get_string(&part, &comment) != RC_OK || part.n > 255)
		return RC_BAD;
	for (size_t i = 0; i < part.n; i++)
		if ((unsigned char)part.p[i] != i + 1)
			return RC_BAD;
	*out = EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL, (const unsigned char *)secret.p, ED25519_LEN);
	if (!*out)
		return RC_FAULT;
	if (EVP_PKEY_get_raw_public_key(*out, again, &n) == 1 && n == sizeof again && memcmp(again, public.p, n) == 0 &&
	    memcmp(again, secret.p + ED25519_LEN, n) == 0)
		return RC_OK;
	EVP_PKEY_free(*out);
	*out = NULL;
	return RC_BAD;
}

enum rc sshkey_read_private(struct slice text, EVP_PKEY **out, struct why *why)
{
	struct slice in, cipher, kdf, options, public, part;
	struct buf file;
	uint32_t keys;
	enum rc rc;

	*out = NULL;
	buf_init(&file, PRIVATE_FILE_MAX);
	rc = unwrap(text, &file);
	if (rc != RC_OK || file.len < sizeof FILE_MAGIC || memcmp(file.data, FILE_MAGIC, sizeof FILE_MAGIC) != 0) {
		rc = why_set(why, RC_BAD, "this is no private key in OpenSSH's format");
		goto out;
	}
	in = (struct slice){file.data + sizeof FILE_MAGIC, file.len - sizeof FILE_MAGIC};
	if (ssh_get_string(&in, &cipher) != RC_OK || ssh_get_string(&in, &kdf) != RC_OK || ssh_get_string(&in, &options) != RC_OK ||
	    ssh_get_u32(&in, &keys) != RC_OK || keys != 1 || ssh_get_string(&in, &public) != RC_OK ||
	    ssh_get_string(&in, &part) != RC_OK || in.n)
		rc = why_set(why, RC_BAD, "the private key file is damaged");
	else if (!slice_is(cipher, "none") || !slice_is(kdf, "none"))
		rc = why_set(why, RC_BAD, "the private key has a passphrase, which nobody can enter here; take it off with ssh-keygen -p");
	else if ((rc = read_private_part(part, out)) != RC_OK)
		rc = why_set(why, rc, "the private key file is damaged, or the key is not of type ed25519");
out:
	buf_free(&file);
	return rc;
}
