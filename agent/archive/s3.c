/* S3-compatible storage (Amazon S3 API reference, 2006-03-01), by libcurl, which signs (AWS Signature Version 4). The bundle's SHA-256 is
 * part of what is signed, so storage that checks it stores the whole bundle or nothing; what it answers is not believed before HEAD shows
 * the object under its lock. */
#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "clock.h"
#include "encode.h"
#include "fetch.h"
#include "file.h"
#include "place.h"
#include "wipe.h"

#define CONNECT_S 30L
#define SLOW_S 60L                               /* less than SLOW_BYTES a second for so long is given up */
#define SLOW_BYTES 1024L
#define ANSWER_MAX ((size_t)64 << 10)
#define URL_MAX_BYTES 2048
#define MESSAGE_MAX 200

static const char *const LOCKS[] = {[S3_LOCK_NONE] = NULL, [S3_LOCK_COMPLIANCE] = "COMPLIANCE", [S3_LOCK_GOVERNANCE] = "GOVERNANCE"};

struct transfer {
	const struct archive_item *item;
	const atomic_bool *cancel;
	uint64_t sent;
	struct buf answer;                       /* its beginning: an error in XML */
};

static size_t on_read(char *to, size_t size, size_t n, void *arg)
{
	struct transfer *t = arg;
	uint64_t left = t->item->bytes - t->sent;
	ssize_t got;

	n *= size;
	got = pread(t->item->fd, to, n < left ? n : left, (off_t)t->sent);
	if (got < 0 || (got == 0 && left > 0))
		return CURL_READFUNC_ABORT;
	t->sent += (uint64_t)got;
	return (size_t)got;
}

/* libcurl begins anew on another connection. */
static int on_seek(void *arg, curl_off_t offset, int origin)
{
	struct transfer *t = arg;

	if (origin != SEEK_SET || offset < 0 || (uint64_t)offset > t->item->bytes)
		return CURL_SEEKFUNC_FAIL;
	t->sent = (uint64_t)offset;
	return CURL_SEEKFUNC_OK;
}

static size_t on_answer(char *p, size_t size, size_t n, void *arg)
{
	struct transfer *t = arg;

	n *= size;
	return buf_add(&t->answer, p, n) == RC_OK ? n : 0;
}

static int on_progress(void *arg, curl_off_t down, curl_off_t downed, curl_off_t up, curl_off_t upped)
{
	const struct transfer *t = arg;

	(void)down, (void)downed, (void)up, (void)upped;
	return atomic_load(t->cancel);
}

enum rc s3_credentials(const char *path, struct buf *out, struct why *why)
{
	enum rc rc = file_read_private(path, out, why);
	const char *colon;

	while (rc == RC_OK && out->len && (out->data[out->len - 1] == '\n' || out->data[out->len - 1] == '\r'))
		buf_truncate(out, out->len - 1);
	if (rc != RC_OK)
		return rc;
	colon = out->len ? memchr(out->data, ':', out->len) : NULL;
	for (size_t i = 0; i < out->len; i++)
		if (out->data[i] <= ' ' || out->data[i] > '~')
			colon = NULL;
	return colon && colon > out->data && colon < out->data + out->len - 1 ? buf_add(out, "", 1) :
		why_set(why, RC_BAD, "%s: must be one line, ACCESS-KEY-ID:SECRET", path);
}

/* https://s3.example.org/BUCKET/KEY, or https://BUCKET.s3.example.org/KEY */
static enum rc address(const struct s3_settings *s, const struct archive_item *item, struct buf *out)
{
	const char *host = strstr(s->endpoint, "://") + 3, *prefix = s->prefix ? s->prefix : "";
	int scheme = (int)(host - s->endpoint), n = (int)strcspn(host, "/");

	if (s->bucket_in_host)
		buf_printf(out, "%.*s%s.%.*s/", scheme, s->endpoint, s->bucket, n, host);
	else
		buf_printf(out, "%.*s%.*s/%s/", scheme, s->endpoint, n, host, s->bucket);
	buf_printf(out, "%s%s/%d.tar", prefix, item->session, item->part);
	return buf_add(out, "", 1);
}

static bool add(struct curl_slist **list, const char *name, const char *value)
{
	char line[256];
	struct curl_slist *longer;

	snprintf(line, sizeof line, "%s: %s", name, value);
	longer = curl_slist_append(*list, line);
	*list = longer ? longer : *list;
	return longer != NULL;
}

/* What both requests have, and what only PUT has. */
static struct curl_slist *headers(const struct s3_settings *s, const struct archive_item *item, bool put)
{
	static const unsigned char nothing[SHA256_LEN] = {
		0xe3, 0xb0, 0xc4, 0x42, 0x98, 0xfc, 0x1c, 0x14, 0x9a, 0xfb, 0xf4, 0xc8, 0x99, 0x6f, 0xb9, 0x24,
		0x27, 0xae, 0x41, 0xe4, 0x64, 0x9b, 0x93, 0x4c, 0xa4, 0x95, 0x99, 0x1b, 0x78, 0x52, 0xb8, 0x55,
	};
	char hex[SHA256_HEX], until[CLOCK_TEXT];
	struct curl_slist *list = NULL;
	struct buf sum;
	bool ok;

	buf_init(&sum, 128);
	hex_encode(put ? item->sha256 : nothing, SHA256_LEN, hex);
	ok = add(&list, "x-amz-content-sha256", hex);
	if (put) {
		base64_encode(item->sha256, SHA256_LEN, &sum);
		ok = ok && buf_add(&sum, "", 1) == RC_OK && add(&list, "x-amz-checksum-sha256", sum.data) && add(&list, "x-amz-meta-sha256", hex) &&
		     add(&list, "Content-Type", "application/x-tar") && add(&list, "Expect", "");
		if (ok && LOCKS[s->lock])
			ok = add(&list, "x-amz-object-lock-mode", LOCKS[s->lock]) &&
			     add(&list, "x-amz-object-lock-retain-until-date", clock_text_s(item->retain_until_s, until));
	} else {
		ok = ok && add(&list, "x-amz-checksum-mode", "ENABLED");
	}
	buf_free(&sum);
	if (!ok) {
		curl_slist_free_all(list);
		list = NULL;
	}
	return list;
}

static bool set_options(CURL *curl, const struct s3_settings *s, struct transfer *t, const char *url, const char *credentials, bool put,
			char *error)
{
	bool plain = strncasecmp(url, "http:", 5) == 0;
	char provider[128];
	bool ok;

	snprintf(provider, sizeof provider, "aws:amz:%s:s3", s->region);
	ok = curl_easy_setopt(curl, CURLOPT_URL, url) == CURLE_OK &&
	     curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, plain ? "http" : "https") == CURLE_OK &&
	     curl_easy_setopt(curl, CURLOPT_AWS_SIGV4, provider) == CURLE_OK && curl_easy_setopt(curl, CURLOPT_USERPWD, credentials) == CURLE_OK &&
	     curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 0L) == CURLE_OK && curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L) == CURLE_OK &&
	     curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT, CONNECT_S) == CURLE_OK &&
	     curl_easy_setopt(curl, CURLOPT_LOW_SPEED_TIME, SLOW_S) == CURLE_OK &&
	     curl_easy_setopt(curl, CURLOPT_LOW_SPEED_LIMIT, SLOW_BYTES) == CURLE_OK &&
	     curl_easy_setopt(curl, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2) == CURLE_OK &&
	     curl_easy_setopt(curl, CURLOPT_SSL_VERIFYPEER, 1L) == CURLE_OK && curl_easy_setopt(curl, CURLOPT_SSL_VERIFYHOST, 2L) == CURLE_OK &&
	     curl_easy_setopt(curl, CURLOPT_USERAGENT, "phigate/" PHIGATE_VERSION) == CURLE_OK &&
	     curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, error) == CURLE_OK && curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, on_answer) == CURLE_OK &&
	     curl_easy_setopt(curl, CURLOPT_WRITEDATA, t) == CURLE_OK && curl_easy_setopt(curl, CURLOPT_NOPROGRESS, 0L) == CURLE_OK &&
	     curl_easy_setopt(curl, CURLOPT_XFERINFOFUNCTION, on_progress) == CURLE_OK && curl_easy_setopt(curl, CURLOPT_XFERINFODATA, t) == CURLE_OK;
	if (ok && s->ca_file)
		ok = curl_easy_setopt(curl, CURLOPT_CAINFO, s->ca_file) == CURLE_OK;
	if (ok && plain)
		ok = curl_easy_setopt(curl, CURLOPT_PROXY, "") == CURLE_OK;
	if (ok && !put)
		ok = curl_easy_setopt(curl, CURLOPT_NOBODY, 1L) == CURLE_OK;
	if (ok && put)
		ok = curl_easy_setopt(curl, CURLOPT_UPLOAD, 1L) == CURLE_OK &&
		     curl_easy_setopt(curl, CURLOPT_INFILESIZE_LARGE, (curl_off_t)t->item->bytes) == CURLE_OK &&
		     curl_easy_setopt(curl, CURLOPT_READFUNCTION, on_read) == CURLE_OK && curl_easy_setopt(curl, CURLOPT_READDATA, t) == CURLE_OK &&
		     curl_easy_setopt(curl, CURLOPT_SEEKFUNCTION, on_seek) == CURLE_OK && curl_easy_setopt(curl, CURLOPT_SEEKDATA, t) == CURLE_OK;
	return ok;
}

/* "<Code>AccessDenied</Code>" of an error, letters only; "" when there is none. */
static const char *code_of(const struct buf *answer, char out[64])
{
	const char *at = answer->len ? memmem(answer->data, answer->len, "<Code>", 6) : NULL;
	size_t n = 0;

	for (at = at ? at + 6 : NULL; at && at < answer->data + answer->len && n < 63 && ((*at | 32) >= 'a' && (*at | 32) <= 'z'); at++)
		out[n++] = *at;
	out[n] = '\0';
	return out;
}

static const char *header(CURL *curl, const char *name)
{
	struct curl_header *h;

	return curl_easy_header(curl, name, 0, CURLH_HEADER, -1, &h) == CURLHE_OK ? h->value : NULL;
}

/* Does HEAD's answer show the object as it was put, and as long? */
static enum rc check(CURL *curl, const struct s3_settings *s, const struct archive_item *item, const char *url, struct why *why)
{
	const char *length = header(curl, "Content-Length"), *sum = header(curl, "x-amz-checksum-sha256"), *meta = header(curl, "x-amz-meta-sha256");
	const char *mode = header(curl, "x-amz-object-lock-mode"), *until = header(curl, "x-amz-object-lock-retain-until-date");
	char hex[SHA256_HEX];
	struct buf want;
	int64_t until_ns = 0;
	bool same;

	if (!length || strtoull(length, NULL, 10) != item->bytes)
		return why_set(why, RC_CONFLICT, "%s: the storage has %.20s bytes and not %llu", url, length ? length : "no", (unsigned long long)item->bytes);
	hex_encode(item->sha256, SHA256_LEN, hex);
	buf_init(&want, 128);
	base64_encode(item->sha256, SHA256_LEN, &want);
	same = want.rc == RC_OK && meta && strcmp(meta, hex) == 0 && (!sum || (strlen(sum) == want.len && memcmp(sum, want.data, want.len) == 0));
	buf_free(&want);
	if (!same)
		return why_set(why, RC_CONFLICT, "%s: the storage has something else there", url);
	if (!LOCKS[s->lock])
		return RC_OK;
	if (!mode || !until)
		return why_set(why, RC_CONFLICT, "%s: it is stored without a lock; the bucket needs Object Lock, and the key s3:PutObjectRetention and"
			       " s3:GetObjectRetention", url);
	if (strcmp(mode, LOCKS[s->lock]) != 0)
		return why_set(why, RC_CONFLICT, "%s: its lock is %.20s and not %s", url, mode, LOCKS[s->lock]);
	until_ns = (int64_t)curl_getdate(until, NULL) * NS_PER_S;
	if (until_ns <= 0 && clock_parse(slice_str(until), &until_ns) != RC_OK) {
		char whole[CLOCK_TEXT];                  /* "2026-11-28T00:00:00.000Z": milliseconds */

		snprintf(whole, sizeof whole, "%.19sZ", until);
		if (strlen(until) < 20 || clock_parse(slice_str(whole), &until_ns) != RC_OK)
			until_ns = 0;
	}
	return until_ns / NS_PER_S >= item->retain_until_s ? RC_OK :
		why_set(why, RC_CONFLICT, "%s: its lock ends %.30s, which is too early", url, until);
}

static enum rc answered(CURL *curl, const struct s3_settings *s, struct transfer *t, const char *url, bool put, struct why *why)
{
	char code[64];
	long status = 0;

	curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
	if (status == 200)
		return put ? RC_OK : check(curl, s, t->item, url, why);
	if (status == 404 && !put)
		return why_set(why, RC_NOT_FOUND, "%s: it is not there", url);
	return why_set(why, status == 401 || status == 403 ? RC_DENIED : RC_CONFLICT, "%s: the storage answers %ld %s", url, status, code_of(&t->answer, code));
}

static enum rc ask(const struct s3_settings *s, const struct archive_item *item, bool put, const atomic_bool *cancel, struct why *why)
{
	struct transfer t = {.item = item, .cancel = cancel};
	char error[CURL_ERROR_SIZE] = "";
	struct curl_slist *list = headers(s, item, put);
	struct buf url, credentials;
	CURL *curl = NULL;
	CURLcode result;
	enum rc rc;

	buf_init(&url, URL_MAX_BYTES);
	buf_init(&credentials, 4096);
	buf_init(&t.answer, ANSWER_MAX);
	rc = list ? address(s, item, &url) : RC_NOMEM;
	if (rc == RC_OK)
		rc = s3_credentials(s->credentials_file, &credentials, why);
	if (rc == RC_OK && !fetch_url_allowed(url.data))
		rc = why_set(why, RC_DENIED, "%s: only https addresses are asked, and http ones on loopback", url.data);
	if (rc != RC_OK)
		goto out;
	curl = curl_easy_init();
	if (!curl || !set_options(curl, s, &t, url.data, credentials.data, put, error) || curl_easy_setopt(curl, CURLOPT_HTTPHEADER, list) != CURLE_OK) {
		rc = why_set(why, RC_FAULT, "cannot set up a request to %s", url.data);
		goto out;
	}
	result = curl_easy_perform(curl);
	if (atomic_load(cancel))
		rc = why_set(why, RC_CANCELLED, "%s: given up", url.data);
	else if (result == CURLE_OK)
		rc = answered(curl, s, &t, url.data, put, why);
	else
		rc = why_set(why, result == CURLE_ABORTED_BY_CALLBACK ? RC_IO : RC_UNREACHABLE, "%s: %.*s", url.data, MESSAGE_MAX,
			     *error ? error : curl_easy_strerror(result));
out:
	curl_easy_cleanup(curl);
	curl_slist_free_all(list);
	buf_free(&t.answer);
	buf_free(&credentials);
	buf_free(&url);
	return rc;
}

enum rc s3_confirm(const struct s3_settings *settings, const struct archive_item *item, const atomic_bool *cancel, struct why *why)
{
	return ask(settings, item, false, cancel, why);
}

/* A former try may have come so far: under a lock, each one more would stay beside it for years. */
enum rc s3_put(const struct s3_settings *settings, const struct archive_item *item, const atomic_bool *cancel, struct why *why)
{
	enum rc rc = ask(settings, item, false, cancel, why);

	if (rc == RC_OK || rc == RC_CANCELLED || rc == RC_UNREACHABLE)
		return rc;
	rc = ask(settings, item, true, cancel, why);
	return rc == RC_OK ? ask(settings, item, false, cancel, why) : rc;
}
