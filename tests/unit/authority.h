/* A time-stamp authority for tests (RFC 3161, OpenSSL's TS_RESP_*): it answers with any time, and lies in the ways that a test asks for. */
#ifndef PHIGATE_TEST_AUTHORITY_H
#define PHIGATE_TEST_AUTHORITY_H

#include <openssl/bio.h>
#include <openssl/pem.h>
#include <openssl/ts.h>
#include <openssl/x509v3.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "buf.h"

struct authority {
	EVP_PKEY *root_key, *key;
	X509 *root, *cert;
	char pem[4096];                          /* of the root, as --tsa-ca takes it */
	int64_t wall_s;                          /* what it says that the time is */
	enum authority_lie { AUTHORITY_HONEST, AUTHORITY_OTHER_DATA, AUTHORITY_OTHER_NONCE, AUTHORITY_REFUSES, AUTHORITY_SHA512 } lie;
};

static inline void authority_must(bool good)
{
	if (!good)
		abort();
}

static inline void authority_extend(X509 *cert, X509 *issuer, int nid, const char *value)
{
	X509_EXTENSION *extension;
	X509V3_CTX ctx;

	X509V3_set_ctx(&ctx, issuer, cert, NULL, NULL, 0);
	extension = X509V3_EXT_conf_nid(NULL, &ctx, nid, value);
	authority_must(extension && X509_add_ext(cert, extension, -1));
	X509_EXTENSION_free(extension);
}

static inline X509 *authority_cert(const char *name, EVP_PKEY *key, X509 *issuer, EVP_PKEY *issuer_key, int64_t until_s)
{
	X509 *cert = X509_new();

	authority_must(cert && X509_set_version(cert, 2) && ASN1_INTEGER_set(X509_get_serialNumber(cert), issuer ? 2 : 1) &&
		       ASN1_TIME_set(X509_getm_notBefore(cert), 1577836800) && ASN1_TIME_set(X509_getm_notAfter(cert), (time_t)until_s) &&
		       X509_set_pubkey(cert, key) &&
		       X509_NAME_add_entry_by_txt(X509_get_subject_name(cert), "CN", MBSTRING_ASC, (const unsigned char *)name, -1, -1, 0) &&
		       X509_set_issuer_name(cert, X509_get_subject_name(issuer ? issuer : cert)));
	authority_extend(cert, issuer ? issuer : cert, NID_basic_constraints, issuer ? "CA:FALSE" : "critical,CA:TRUE");
	if (issuer)
		authority_extend(cert, issuer, NID_ext_key_usage, "critical,timeStamping");
	authority_must(X509_sign(cert, issuer_key, EVP_sha256()) > 0);
	return cert;
}

/* until_s: when the certificate that stamps expires. */
static inline void authority_make(struct authority *a, int64_t until_s)
{
	BIO *bio = BIO_new(BIO_s_mem());
	int n = 0;

	*a = (struct authority){.root_key = EVP_PKEY_Q_keygen(NULL, NULL, "EC", "P-256"), .key = EVP_PKEY_Q_keygen(NULL, NULL, "EC", "P-256"),
				.wall_s = time(NULL)};
	a->root = authority_cert("Test Root", a->root_key, NULL, a->root_key, 4070908800);
	a->cert = authority_cert("Test Time", a->key, a->root, a->root_key, until_s);
	authority_must(PEM_write_bio_X509(bio, a->root) == 1 && (n = BIO_read(bio, a->pem, sizeof a->pem - 1)) > 0);
	a->pem[n] = '\0';
	BIO_free(bio);
}

static inline void authority_free(struct authority *a)
{
	EVP_PKEY_free(a->root_key);
	EVP_PKEY_free(a->key);
	X509_free(a->root);
	X509_free(a->cert);
}

static inline int authority_time(struct TS_resp_ctx *ctx, void *arg, long *s, long *us)
{
	(void)ctx;
	*s = (long)((const struct authority *)arg)->wall_s;
	*us = 0;
	return 1;
}

static inline ASN1_INTEGER *authority_serial(struct TS_resp_ctx *ctx, void *arg)
{
	ASN1_INTEGER *serial = ASN1_INTEGER_new();

	(void)ctx, (void)arg;
	authority_must(serial && ASN1_INTEGER_set(serial, 7));
	return serial;
}

/* The request as the authority wants to have heard it. */
static inline void authority_mishear(const struct authority *a, TS_REQ *req)
{
	TS_MSG_IMPRINT *imprint = TS_REQ_get_msg_imprint(req);
	unsigned char other[64] = {1};

	if (a->lie == AUTHORITY_OTHER_DATA)
		authority_must(TS_MSG_IMPRINT_set_msg(imprint, other, 32));
	if (a->lie == AUTHORITY_SHA512) {
		X509_ALGOR *algorithm = X509_ALGOR_new();

		authority_must(X509_ALGOR_set0(algorithm, OBJ_nid2obj(NID_sha512), V_ASN1_NULL, NULL) && TS_MSG_IMPRINT_set_algo(imprint, algorithm) &&
			       TS_MSG_IMPRINT_set_msg(imprint, other, 64));
		X509_ALGOR_free(algorithm);
	}
	if (a->lie == AUTHORITY_OTHER_NONCE) {
		ASN1_INTEGER *nonce = ASN1_INTEGER_new();

		authority_must(ASN1_INTEGER_set(nonce, 1) && TS_REQ_set_nonce(req, nonce));
		ASN1_INTEGER_free(nonce);
	}
}

/* Append the reply (DER) to a request (DER). */
static inline void authority_reply(struct authority *a, struct slice request, struct buf *out)
{
	const unsigned char *at = (const unsigned char *)request.p;
	TS_REQ *req = d2i_TS_REQ(NULL, &at, (long)request.n);
	ASN1_OBJECT *policy = OBJ_txt2obj("1.2.3.4.1", 1);
	TS_RESP_CTX *ctx = TS_RESP_CTX_new();
	BIO *in = BIO_new(BIO_s_mem()), *bio = BIO_new(BIO_s_mem());
	char piece[1024];
	TS_RESP *resp;
	int n = 0;

	authority_must(req && policy && ctx && TS_RESP_CTX_set_signer_cert(ctx, a->cert) && TS_RESP_CTX_set_signer_key(ctx, a->key) &&
		       TS_RESP_CTX_set_def_policy(ctx, policy) && TS_RESP_CTX_set_signer_digest(ctx, EVP_sha256()) &&
		       (a->lie == AUTHORITY_REFUSES || TS_RESP_CTX_add_md(ctx, EVP_sha256())) && TS_RESP_CTX_add_md(ctx, EVP_sha512()));
	TS_RESP_CTX_set_time_cb(ctx, authority_time, a);
	TS_RESP_CTX_set_serial_cb(ctx, authority_serial, NULL);
	authority_mishear(a, req);
	authority_must(i2d_TS_REQ_bio(in, req));
	resp = TS_RESP_create_response(ctx, in);
	authority_must(resp && i2d_TS_RESP_bio(bio, resp));
	while ((n = BIO_read(bio, piece, sizeof piece)) > 0)
		buf_add(out, piece, (size_t)n);
	TS_RESP_free(resp);
	TS_RESP_CTX_free(ctx);
	TS_REQ_free(req);
	ASN1_OBJECT_free(policy);
	BIO_free(in);
	BIO_free(bio);
}

#endif
