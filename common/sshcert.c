/* The tunnel credential, a certificate that certifies itself (PROTOCOL.certkeys), and the proof of possession of its key. */
#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/ecdsa.h>
#include <string.h>

#include "digest.h"
#include "sshkey.h"

#define CERT_MAX (48 << 10)                      /* two tokens of 16 KiB and the rest */
#define COORDINATE_LEN 32

static const char CERT_TYPE[] = "ecdsa-sha2-nistp256-cert-v01@openssh.com";
static const char KEY_TYPE[] = "ecdsa-sha2-nistp256";
static const char PRINCIPAL[] = "phigate";
static const char ID_TOKEN[] = "id-token@phigate";
static const char LOGIN_TOKEN[] = "login-token@phigate";
static const char PORT_FORWARDING[] = "permit-port-forwarding";

enum { CERT_USER = 1 };

static enum rc put_u64(struct buf *out, uint64_t v)
{
	ssh_put_u32(out, (uint32_t)(v >> 32));
	return ssh_put_u32(out, (uint32_t)v);
}

static enum rc get_u64(struct slice *in, uint64_t *v)
{
	uint32_t high, low;

	if (ssh_get_u32(in, &high) != RC_OK || ssh_get_u32(in, &low) != RC_OK)
		return RC_BAD;
	*v = (uint64_t)high << 32 | low;
	return RC_OK;
}

/* ---- ECDSA signatures: DER for us and OpenSSL, two mpints on SSH's wire (RFC 5656 section 3.1.2) -------------------- */

static enum rc sign(EVP_PKEY *key, struct slice data, struct buf *der)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	enum rc rc = RC_FAULT;
	size_t n = 0;
	char *at;

	if (!ctx || EVP_DigestSignInit(ctx, NULL, EVP_sha256(), NULL, key) != 1 ||
	    EVP_DigestSign(ctx, NULL, &n, (const unsigned char *)data.p, data.n) != 1)
		goto out;
	at = buf_room(der, n);
	if (!at) {
		rc = der->rc;
		goto out;
	}
	if (EVP_DigestSign(ctx, (unsigned char *)at, &n, (const unsigned char *)data.p, data.n) != 1)
		goto out;
	buf_added(der, n);
	rc = RC_OK;
out:
	EVP_MD_CTX_free(ctx);
	return rc;
}

static enum rc verify(EVP_PKEY *key, struct slice data, struct slice der)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	enum rc rc = RC_FAULT;

	if (ctx && EVP_DigestVerifyInit(ctx, NULL, EVP_sha256(), NULL, key) == 1)
		rc = EVP_DigestVerify(ctx, (const unsigned char *)der.p, der.n, (const unsigned char *)data.p, data.n) == 1
			? RC_OK : RC_DENIED;
	EVP_MD_CTX_free(ctx);
	return rc;
}

static enum rc put_mpint(struct buf *out, const BIGNUM *v)
{
	unsigned char bytes[COORDINATE_LEN + 1] = {0};
	int n = BN_num_bytes(v), lead;

	if (n < 1 || n > COORDINATE_LEN)
		return RC_FAULT;
	BN_bn2bin(v, bytes + 1);
	lead = bytes[1] & 0x80 ? 0 : 1;
	return ssh_put_string(out, (struct slice){(char *)bytes + lead, (size_t)(n + 1 - lead)});
}

static enum rc get_mpint(struct slice *in, BIGNUM **out)
{
	struct slice s;
	const unsigned char *p;

	if (ssh_get_string(in, &s) != RC_OK || s.n < 1 || s.n > COORDINATE_LEN + 1)
		return RC_BAD;
	p = (const unsigned char *)s.p;
	if (p[0] & 0x80 || (p[0] == 0 && (s.n == 1 || !(p[1] & 0x80))))
		return RC_BAD;                           /* negative, zero, or a needless leading zero */
	*out = BN_bin2bn(p, (int)s.n, NULL);
	return *out ? RC_OK : RC_NOMEM;
}

/* string( string type, string( mpint r, mpint s ) ) */
static enum rc put_signature(struct buf *out, struct slice der)
{
	const unsigned char *p = (const unsigned char *)der.p;
	ECDSA_SIG *sig = d2i_ECDSA_SIG(NULL, &p, (long)der.n);
	struct buf numbers, whole;
	enum rc rc = RC_FAULT;

	buf_init(&numbers, 256);
	buf_init(&whole, 512);
	if (!sig)
		goto out;
	rc = put_mpint(&numbers, ECDSA_SIG_get0_r(sig));
	if (rc == RC_OK)
		rc = put_mpint(&numbers, ECDSA_SIG_get0_s(sig));
	if (rc != RC_OK)
		goto out;
	ssh_put_string(&whole, slice_str(KEY_TYPE));
	ssh_put_string(&whole, buf_slice(&numbers));
	rc = ssh_put_string(out, buf_slice(&whole));
out:
	ECDSA_SIG_free(sig);
	buf_free(&numbers);
	buf_free(&whole);
	return rc;
}

static enum rc get_signature(struct slice in, struct buf *der)
{
	struct slice type, numbers;
	ECDSA_SIG *sig = ECDSA_SIG_new();
	BIGNUM *r = NULL, *s = NULL;
	unsigned char *bytes = NULL;
	enum rc rc = RC_BAD;
	int n;

	if (!sig)
		return RC_NOMEM;
	if (ssh_get_string(&in, &type) != RC_OK || !slice_is(type, KEY_TYPE) || ssh_get_string(&in, &numbers) != RC_OK || in.n ||
	    get_mpint(&numbers, &r) != RC_OK || get_mpint(&numbers, &s) != RC_OK || numbers.n)
		goto out;
	ECDSA_SIG_set0(sig, r, s);
	r = s = NULL;
	n = i2d_ECDSA_SIG(sig, &bytes);
	rc = n > 0 ? buf_add(der, bytes, (size_t)n) : RC_NOMEM;
	OPENSSL_free(bytes);
out:
	BN_free(r);
	BN_free(s);
	ECDSA_SIG_free(sig);
	return rc;
}

/* ---- making ------------------------------------------------------------------------------------------------------- */

/* An option's data is a string of its own inside the string that holds it; a flag's is empty. */
static void put_option(struct buf *out, const char *name, struct slice value)
{
	ssh_put_string(out, slice_str(name));
	if (!value.n) {
		ssh_put_u32(out, 0);
		return;
	}
	if (value.n > UINT32_MAX - 4) {
		out->rc = RC_TOO_BIG;
		return;
	}
	ssh_put_u32(out, (uint32_t)value.n + 4);
	ssh_put_string(out, value);
}

enum rc sshcert_make(EVP_PKEY *key, struct slice id_token, struct slice login_token, uint64_t valid_after_s,
		     uint64_t valid_before_s, struct buf *blob)
{
	struct buf public, principals, extensions, cert, der;
	struct slice fields, type;
	unsigned char nonce[32];
	enum rc rc;

	buf_init(&public, 512);
	buf_init(&principals, 64);
	buf_init(&extensions, CERT_MAX);
	buf_init(&cert, CERT_MAX);
	buf_init(&der, 256);
	random_bytes(nonce, sizeof nonce);
	ssh_put_string(&principals, slice_str(PRINCIPAL));
	/* in the lexical order that PROTOCOL.certkeys demands */
	if (id_token.n)
		put_option(&extensions, ID_TOKEN, id_token);
	if (login_token.n)
		put_option(&extensions, LOGIN_TOKEN, login_token);
	put_option(&extensions, PORT_FORWARDING, (struct slice){0});

	rc = sshkey_public_blob(key, &public);
	if (rc != RC_OK)
		goto out;
	fields = buf_slice(&public);
	rc = ssh_get_string(&fields, &type);
	if (rc != RC_OK || !slice_is(type, KEY_TYPE)) {
		rc = RC_BAD;
		goto out;
	}
	ssh_put_string(&cert, slice_str(CERT_TYPE));
	ssh_put_string(&cert, (struct slice){(char *)nonce, sizeof nonce});
	buf_add_slice(&cert, fields);                           /* curve and point, as in the plain key */
	put_u64(&cert, 0);                                      /* serial */
	ssh_put_u32(&cert, CERT_USER);
	ssh_put_string(&cert, slice_str(PRINCIPAL));            /* key id: sshd may log it, so it says nothing */
	ssh_put_string(&cert, buf_slice(&principals));
	put_u64(&cert, valid_after_s);
	put_u64(&cert, valid_before_s);
	ssh_put_u32(&cert, 0);                                  /* critical options */
	ssh_put_string(&cert, buf_slice(&extensions));
	ssh_put_u32(&cert, 0);                                  /* reserved */
	rc = ssh_put_string(&cert, buf_slice(&public));
	if (rc == RC_OK)
		rc = extensions.rc;
	if (rc == RC_OK)
		rc = sign(key, buf_slice(&cert), &der);
	if (rc == RC_OK)
		rc = put_signature(&cert, buf_slice(&der));
	if (rc == RC_OK)
		rc = buf_add_slice(blob, buf_slice(&cert));
out:
	buf_free(&public);
	buf_free(&principals);
	buf_free(&extensions);
	buf_free(&cert);
	buf_free(&der);
	return rc;
}

/* ---- reading ------------------------------------------------------------------------------------------------------ */

struct fields {
	struct slice curve, point, key_id, principals, critical, extensions, reserved, signer, signature, signed_part;
	uint32_t type;
};

static enum rc get_fields(struct slice in, struct fields *f, struct sshcert *out, struct why *why)
{
	struct slice whole = in, kind, nonce;
	uint64_t serial;

	if (ssh_get_string(&in, &kind) != RC_OK || !slice_is(kind, CERT_TYPE))
		return why_set(why, RC_BAD, "not a certificate of type %s", CERT_TYPE);
	if (ssh_get_string(&in, &nonce) != RC_OK || ssh_get_string(&in, &f->curve) != RC_OK ||
	    ssh_get_string(&in, &f->point) != RC_OK || get_u64(&in, &serial) != RC_OK || ssh_get_u32(&in, &f->type) != RC_OK ||
	    ssh_get_string(&in, &f->key_id) != RC_OK || ssh_get_string(&in, &f->principals) != RC_OK ||
	    get_u64(&in, &out->valid_after_s) != RC_OK || get_u64(&in, &out->valid_before_s) != RC_OK ||
	    ssh_get_string(&in, &f->critical) != RC_OK || ssh_get_string(&in, &f->extensions) != RC_OK ||
	    ssh_get_string(&in, &f->reserved) != RC_OK || ssh_get_string(&in, &f->signer) != RC_OK)
		return why_set(why, RC_BAD, "the certificate is cut short");
	f->signed_part = (struct slice){whole.p, whole.n - in.n};
	if (ssh_get_string(&in, &f->signature) != RC_OK || in.n)
		return why_set(why, RC_BAD, "the certificate does not end with its signature");
	return RC_OK;
}

/* Is the list exactly the one principal? */
static enum rc check_principals(struct slice list, struct why *why)
{
	struct slice name;

	if (ssh_get_string(&list, &name) == RC_OK && slice_is(name, PRINCIPAL) && !list.n)
		return RC_OK;
	return why_set(why, RC_BAD, "the certificate's principals must be \"%s\" alone", PRINCIPAL);
}

static enum rc take_token(struct slice data, struct buf *out, struct why *why)
{
	struct slice value;

	if (ssh_get_string(&data, &value) != RC_OK || data.n || !value.n || memchr(value.p, '\0', value.n))
		return why_set(why, RC_BAD, "the certificate's token extension is malformed");
	return buf_add_slice(out, value);
}

static int compare(struct slice a, struct slice b)
{
	int d = memcmp(a.p, b.p, a.n < b.n ? a.n : b.n);

	return d ? d : a.n < b.n ? -1 : a.n > b.n;
}

static enum rc read_extensions(struct slice in, struct sshcert *out, struct why *why)
{
	struct slice before = {"", 0}, name, data;
	enum rc rc = RC_OK;

	while (in.n && rc == RC_OK) {
		if (ssh_get_string(&in, &name) != RC_OK || ssh_get_string(&in, &data) != RC_OK || compare(before, name) >= 0)
			return why_set(why, RC_BAD, "the certificate's extensions are malformed, repeated or out of order");
		before = name;
		if (slice_is(name, ID_TOKEN))
			rc = take_token(data, &out->id_token, why);
		else if (slice_is(name, LOGIN_TOKEN))
			rc = take_token(data, &out->login_token, why);
	}
	return rc;
}

static enum rc check_signature(const struct fields *f, struct sshcert *out, struct why *why)
{
	struct buf plain, der;
	EVP_PKEY *key = NULL;
	enum rc rc;

	buf_init(&plain, 512);
	buf_init(&der, 256);
	ssh_put_string(&plain, slice_str(KEY_TYPE));
	ssh_put_string(&plain, f->curve);
	rc = ssh_put_string(&plain, f->point);
	if (rc != RC_OK || sshkey_from_blob(buf_slice(&plain), &key) != RC_OK) {
		rc = why_set(why, RC_BAD, "the certificate's key is not a P-256 key");
		goto out;
	}
	if (f->signer.n != plain.len || memcmp(f->signer.p, plain.data, plain.len) != 0) {
		rc = why_set(why, RC_BAD, "the certificate is not signed by its own key");
		goto out;
	}
	if (get_signature(f->signature, &der) != RC_OK || verify(key, f->signed_part, buf_slice(&der)) != RC_OK) {
		rc = why_set(why, RC_BAD, "the certificate's signature is wrong");
		goto out;
	}
	rc = sshkey_public_der(key, &out->key_der);
out:
	EVP_PKEY_free(key);
	buf_free(&plain);
	buf_free(&der);
	return rc;
}

enum rc sshcert_read(struct slice blob, struct sshcert *out, struct why *why)
{
	struct fields f;
	enum rc rc;

	*out = (struct sshcert){0};
	buf_init(&out->key_der, 128);
	buf_init(&out->id_token, CERT_MAX);
	buf_init(&out->login_token, CERT_MAX);
	if (blob.n > CERT_MAX)
		return why_set(why, RC_BAD, "the certificate is larger than %d bytes", CERT_MAX);
	rc = get_fields(blob, &f, out, why);
	if (rc == RC_OK && f.type != CERT_USER)
		rc = why_set(why, RC_BAD, "not a user certificate");
	if (rc == RC_OK && f.critical.n)
		rc = why_set(why, RC_BAD, "the certificate has critical options, which nobody here would honour");
	if (rc == RC_OK)
		rc = check_principals(f.principals, why);
	if (rc == RC_OK)
		rc = read_extensions(f.extensions, out, why);
	if (rc == RC_OK)
		rc = check_signature(&f, out, why);
	if (rc != RC_OK)
		sshcert_free(out);
	return rc;
}

void sshcert_free(struct sshcert *cert)
{
	if (!cert)
		return;
	buf_free(&cert->key_der);
	buf_free(&cert->id_token);
	buf_free(&cert->login_token);
}

/* ---- possession --------------------------------------------------------------------------------------------------- */

static enum rc possession_text(const char *challenge, const char *fingerprint, struct buf *out)
{
	buf_init(out, 512);
	return buf_printf(out, "phigate-control-v1\n%s\n%s", challenge, fingerprint);
}

enum rc possession_sign(EVP_PKEY *key, const char *challenge, const char *fingerprint, struct buf *sig_der)
{
	struct buf text;
	enum rc rc = possession_text(challenge, fingerprint, &text);

	if (rc == RC_OK)
		rc = sign(key, buf_slice(&text), sig_der);
	buf_free(&text);
	return rc;
}

enum rc possession_verify(struct slice key_der, const char *challenge, const char *fingerprint, struct slice sig_der)
{
	struct buf text;
	EVP_PKEY *key = NULL;
	enum rc rc = possession_text(challenge, fingerprint, &text);

	if (rc == RC_OK)
		rc = sshkey_from_der(key_der, &key);
	if (rc == RC_OK)
		rc = verify(key, buf_slice(&text), sig_der);
	EVP_PKEY_free(key);
	buf_free(&text);
	return rc;
}
