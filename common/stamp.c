#include "stamp.h"

#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ts.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "digest.h"

/* ---- asking ----------------------------------------------------------------------------------------------------------------- */

static ASN1_INTEGER *integer_of(const unsigned char nonce[STAMP_NONCE])
{
	BIGNUM *n = BN_bin2bn(nonce, STAMP_NONCE, NULL);
	ASN1_INTEGER *integer = n ? BN_to_ASN1_INTEGER(n, NULL) : NULL;

	BN_free(n);
	return integer;
}

static TS_MSG_IMPRINT *imprint_of(struct slice data)
{
	unsigned char sum[SHA256_LEN];
	TS_MSG_IMPRINT *imprint = TS_MSG_IMPRINT_new();
	X509_ALGOR *algorithm = X509_ALGOR_new();

	sha256(data.p, data.n, sum);
	if (!imprint || !algorithm || !X509_ALGOR_set0(algorithm, OBJ_nid2obj(NID_sha256), V_ASN1_NULL, NULL) ||
	    !TS_MSG_IMPRINT_set_algo(imprint, algorithm) || !TS_MSG_IMPRINT_set_msg(imprint, sum, sizeof sum)) {
		TS_MSG_IMPRINT_free(imprint);
		imprint = NULL;
	}
	X509_ALGOR_free(algorithm);
	return imprint;
}

enum rc stamp_request(struct slice data, const unsigned char nonce[STAMP_NONCE], struct buf *der)
{
	TS_MSG_IMPRINT *imprint = imprint_of(data);
	ASN1_INTEGER *integer = integer_of(nonce);
	TS_REQ *req = TS_REQ_new();
	unsigned char *at;
	enum rc rc = RC_NOMEM;
	int n;

	if (!imprint || !integer || !req || !TS_REQ_set_version(req, 1) || !TS_REQ_set_msg_imprint(req, imprint) ||
	    !TS_REQ_set_nonce(req, integer) || !TS_REQ_set_cert_req(req, 1))
		goto out;
	n = i2d_TS_REQ(req, NULL);
	at = n > 0 ? (unsigned char *)buf_room(der, (size_t)n) : NULL;
	if (at && i2d_TS_REQ(req, &at) == n) {
		buf_added(der, (size_t)n);
		rc = RC_OK;
	}
out:
	TS_MSG_IMPRINT_free(imprint);
	ASN1_INTEGER_free(integer);
	TS_REQ_free(req);
	return rc;
}

/* ---- the reply -------------------------------------------------------------------------------------------------------------- */

static enum rc read_roots(const char *pem, X509_STORE *store, size_t *n)
{
	BIO *bio = BIO_new_mem_buf(pem, -1);
	enum rc rc = bio ? RC_OK : RC_NOMEM;
	X509 *cert;

	*n = 0;
	while (rc == RC_OK && (cert = PEM_read_bio_X509(bio, NULL, NULL, NULL))) {
		if (store && !X509_STORE_add_cert(store, cert))
			rc = RC_NOMEM;
		X509_free(cert);
		++*n;
	}
	ERR_clear_error();
	BIO_free(bio);
	return rc;
}

enum rc stamp_roots_check(const char *roots, struct why *why)
{
	size_t n;
	enum rc rc = read_roots(roots, NULL, &n);

	return rc == RC_OK && n == 0 ? why_set(why, RC_BAD, "there is no certificate in it (PEM: -----BEGIN CERTIFICATE-----)") : rc;
}

static bool is_sha256(TS_TST_INFO *info)
{
	TS_MSG_IMPRINT *imprint = info ? TS_TST_INFO_get_msg_imprint(info) : NULL;
	const X509_ALGOR *algorithm = imprint ? TS_MSG_IMPRINT_get_algo(imprint) : NULL;
	const ASN1_OBJECT *name = NULL;

	X509_ALGOR_get0(&name, NULL, NULL, algorithm);
	return name && OBJ_obj2nid(name) == NID_sha256;
}

static bool read_time(const TS_TST_INFO *info, int64_t *wall_s)
{
	const ASN1_GENERALIZEDTIME *time = TS_TST_INFO_get_time(info);
	struct tm tm;

	if (!time || ASN1_TIME_to_tm(time, &tm) != 1)
		return false;
	*wall_s = timegm(&tm);
	return *wall_s > 0;
}

static void read_authority(TS_RESP *resp, char *out, size_t n)
{
	PKCS7 *token = TS_RESP_get_token(resp);
	STACK_OF(X509) *signers = token && PKCS7_type_is_signed(token) ? PKCS7_get0_signers(token, NULL, 0) : NULL;
	const X509 *cert = sk_X509_num(signers) > 0 ? sk_X509_value(signers, 0) : NULL;
	const X509_NAME *name = cert ? X509_get_subject_name(cert) : NULL;
	int at = name ? X509_NAME_get_index_by_NID(name, NID_commonName, -1) : -1;
	unsigned char *text = NULL;

	if (at >= 0 && ASN1_STRING_to_UTF8(&text, X509_NAME_ENTRY_get_data(X509_NAME_get_entry(name, at))) > 0)
		snprintf(out, n, "%s", (const char *)text);
	else
		snprintf(out, n, "an authority without a name");
	OPENSSL_free(text);
	sk_X509_free(signers);
	ERR_clear_error();
}

/* Takes nothing over. The certificates must have been valid when the stamp was made, and not today. */
static enum rc check_origin(TS_VERIFY_CTX *ctx, const char *roots, int64_t wall_s)
{
	X509_STORE *store = X509_STORE_new();
	size_t n;
	enum rc rc = store ? read_roots(roots, store, &n) : RC_NOMEM;

	if (rc == RC_OK) {
		X509_VERIFY_PARAM_set_time(X509_STORE_get0_param(store), (time_t)wall_s);
		TS_VERIFY_CTX_set_store(ctx, store);     /* takes it over */
		TS_VERIFY_CTX_add_flags(ctx, TS_VFY_SIGNATURE);
	} else {
		X509_STORE_free(store);
	}
	return rc;
}

static enum rc set_imprint(TS_VERIFY_CTX *ctx, struct slice data)
{
	unsigned char *sum = OPENSSL_malloc(SHA256_LEN);

	if (!sum)
		return RC_NOMEM;
	sha256(data.p, data.n, sum);
	TS_VERIFY_CTX_set_imprint(ctx, sum, SHA256_LEN);         /* takes it over */
	TS_VERIFY_CTX_add_flags(ctx, TS_VFY_VERSION | TS_VFY_IMPRINT);
	return RC_OK;
}

static bool same_nonce(const TS_TST_INFO *info, const unsigned char *nonce)
{
	ASN1_INTEGER *wanted = integer_of(nonce);
	const ASN1_INTEGER *found = TS_TST_INFO_get_nonce(info);
	bool same = wanted && found && ASN1_INTEGER_cmp(wanted, found) == 0;

	ASN1_INTEGER_free(wanted);
	return same;
}

/* OpenSSL's reason is the last of its errors. */
static enum rc say_origin(struct why *why)
{
	const char *data = "", *reason;
	int flags = 0;
	unsigned long error = ERR_peek_last_error_all(NULL, NULL, NULL, &data, &flags);

	reason = ERR_reason_error_string(error);
	return why_set(why, RC_DENIED, "no authority that is believed made the time stamp: %.100s%s%.200s", reason ? reason : "its signature does not hold",
		       flags & ERR_TXT_STRING ? ", " : "", flags & ERR_TXT_STRING ? data : "");
}

static enum rc judge(TS_RESP *resp, struct slice data, const unsigned char *nonce, const char *roots, struct stamp *out, struct why *why)
{
	long status = ASN1_INTEGER_get(TS_STATUS_INFO_get0_status(TS_RESP_get_status_info(resp)));
	TS_TST_INFO *info = TS_RESP_get_tst_info(resp);
	TS_VERIFY_CTX *ctx = NULL;
	enum rc rc;

	if (status != TS_STATUS_GRANTED && status != TS_STATUS_GRANTED_WITH_MODS)
		return why_set(why, RC_BAD, "the authority granted no time stamp (status %ld)", status);
	if (!info || !read_time(info, &out->wall_s))
		return why_set(why, RC_BAD, "the time stamp has no time");
	read_authority(resp, out->authority, sizeof out->authority);
	if (!is_sha256(info))
		return why_set(why, RC_BAD, "the time stamp is not over a SHA-256");
	if (nonce && !same_nonce(info, nonce))
		return why_set(why, RC_BAD, "the time stamp answers another request");
	ctx = TS_VERIFY_CTX_new();
	rc = ctx ? set_imprint(ctx, data) : RC_NOMEM;
	if (rc == RC_OK && TS_RESP_verify_response(ctx, resp) != 1)
		rc = why_set(why, RC_BAD, "the time stamp is over something else");
	if (rc == RC_OK && roots)
		rc = check_origin(ctx, roots, out->wall_s);
	if (rc == RC_OK && roots && TS_RESP_verify_response(ctx, resp) != 1)
		rc = say_origin(why);
	TS_VERIFY_CTX_free(ctx);
	return rc;
}

enum rc stamp_read(struct slice der, struct slice data, const unsigned char *nonce, const char *roots, struct stamp *out, struct why *why)
{
	const unsigned char *at = (const unsigned char *)der.p;
	TS_RESP *resp;
	enum rc rc;

	*out = (struct stamp){0};
	ERR_clear_error();
	resp = der.n && der.n <= STAMP_MAX ? d2i_TS_RESP(NULL, &at, (long)der.n) : NULL;
	if (!resp || at != (const unsigned char *)der.p + der.n)
		rc = why_set(why, RC_BAD, "this is no reply of a time-stamp authority");
	else
		rc = judge(resp, data, nonce, roots, out, why);
	TS_RESP_free(resp);
	ERR_clear_error();
	return rc;
}
