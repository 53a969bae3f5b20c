#include "fetch.h"

#include <arpa/inet.h>
#include <curl/curl.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "clock.h"

#define BODY_MAX ((size_t)1 << 20)
#define TIMEOUT_NS (10 * NS_PER_S)
#define URL_MAX 2048

static pthread_once_t once = PTHREAD_ONCE_INIT;

static void start_curl(void)
{
	curl_global_init(CURL_GLOBAL_DEFAULT);
}

static bool is_loopback_host(const char *host)
{
	struct in_addr v4;
	struct in6_addr v6;
	char inner[64];
	size_t n = strlen(host);

	if (strcasecmp(host, "localhost") == 0)
		return true;
	if (inet_pton(AF_INET, host, &v4) == 1)
		return ntohl(v4.s_addr) >> 24 == 127;
	if (n < 3 || n >= sizeof inner || host[0] != '[')
		return false;
	memcpy(inner, host + 1, n - 2);
	inner[n - 2] = '\0';
	return inet_pton(AF_INET6, inner, &v6) == 1 && IN6_IS_ADDR_LOOPBACK(&v6);
}

/* A part of a URL, NULL when it is not there. The caller frees it with curl_free(). */
static char *url_part(CURLU *url, CURLUPart part)
{
	char *text = NULL;

	return curl_url_get(url, part, &text, 0) == CURLUE_OK ? text : NULL;
}

bool fetch_url_allowed(const char *text)
{
	char *scheme = NULL, *host = NULL, *user = NULL, *password = NULL;
	CURLU *url = NULL;
	bool allowed = false;

	for (const char *p = text; *p; p++)
		if (*p <= ' ' || *p > '~' || p - text >= URL_MAX)
			return false;
	pthread_once(&once, start_curl);
	url = curl_url();
	if (!url || curl_url_set(url, CURLUPART_URL, text, 0) != CURLUE_OK)
		goto out;
	scheme = url_part(url, CURLUPART_SCHEME);
	host = url_part(url, CURLUPART_HOST);
	user = url_part(url, CURLUPART_USER);
	password = url_part(url, CURLUPART_PASSWORD);
	allowed = scheme && host && !user && !password &&
		(strcmp(scheme, "https") == 0 || (strcmp(scheme, "http") == 0 && is_loopback_host(host)));
out:
	curl_free(scheme);
	curl_free(host);
	curl_free(user);
	curl_free(password);
	curl_url_cleanup(url);
	return allowed;
}

struct transfer {
	struct buf *body;
	size_t got;
	bool loopback_only, too_big, nomem;
};

static size_t on_body(char *p, size_t size, size_t n, void *arg)
{
	struct transfer *t = arg;

	n *= size;
	if (n > BODY_MAX - t->got || buf_add(t->body, p, n) == RC_TOO_BIG)
		t->too_big = true;
	else if (t->body->rc != RC_OK)
		t->nomem = true;
	else
		t->got += n;
	return t->too_big || t->nomem ? 0 : n;
}

static bool is_loopback(const struct curl_sockaddr *to)
{
	const struct sockaddr_in *v4 = (const void *)&to->addr;
	const struct sockaddr_in6 *v6 = (const void *)&to->addr;

	return to->family == AF_INET ? ntohl(v4->sin_addr.s_addr) >> 24 == 127 :
		to->family == AF_INET6 && IN6_IS_ADDR_LOOPBACK(&v6->sin6_addr);
}

/* http is for loopback, and a name like localhost may still lead elsewhere. */
static curl_socket_t on_open(void *arg, curlsocktype purpose, struct curl_sockaddr *to)
{
	const struct transfer *t = arg;
	int fd;

	(void)purpose;
	if (t->loopback_only && !is_loopback(to))
		return CURL_SOCKET_BAD;
	fd = socket(to->family, to->socktype, to->protocol);
	if (fd >= 0)
		fcntl(fd, F_SETFD, FD_CLOEXEC);
	return fd;
}

static int on_progress(void *arg, curl_off_t down, curl_off_t downed, curl_off_t up, curl_off_t upped)
{
	const atomic_bool *cancel = arg;

	(void)down, (void)downed, (void)up, (void)upped;
	return atomic_load(cancel);
}

static bool set_options(CURL *curl, const struct fetch *f, struct transfer *t, char *error)
{
	bool plain = strncasecmp(f->url, "http:", 5) == 0;
	bool ok = curl_easy_setopt(curl, CURLOPT_URL, f->url) == CURLE_OK &&
		curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, plain ? "http" : "https") == CURLE_OK &&
		curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 0L) == CURLE_OK &&
		curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L) == CURLE_OK &&
		curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, (long)((f->timeout_ns ? f->timeout_ns : TIMEOUT_NS) / NS_PER_MS)) == CURLE_OK &&
		curl_easy_setopt(curl, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2) == CURLE_OK &&
		curl_easy_setopt(curl, CURLOPT_SSL_VERIFYPEER, 1L) == CURLE_OK &&
		curl_easy_setopt(curl, CURLOPT_SSL_VERIFYHOST, 2L) == CURLE_OK &&
		curl_easy_setopt(curl, CURLOPT_USERAGENT, "phigate/" PHIGATE_VERSION) == CURLE_OK &&
		curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, error) == CURLE_OK &&
		curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, on_body) == CURLE_OK &&
		curl_easy_setopt(curl, CURLOPT_WRITEDATA, t) == CURLE_OK &&
		curl_easy_setopt(curl, CURLOPT_OPENSOCKETFUNCTION, on_open) == CURLE_OK &&
		curl_easy_setopt(curl, CURLOPT_OPENSOCKETDATA, t) == CURLE_OK;

	if (ok && f->ca_file)
		ok = curl_easy_setopt(curl, CURLOPT_CAINFO, f->ca_file) == CURLE_OK;
	if (ok && (f->form || f->json))
		ok = curl_easy_setopt(curl, CURLOPT_POSTFIELDS, f->form ? f->form : f->json) == CURLE_OK;
	if (ok && f->data.n)
		ok = curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)f->data.n) == CURLE_OK &&
			curl_easy_setopt(curl, CURLOPT_POSTFIELDS, f->data.p) == CURLE_OK;
	if (ok && f->cancel)
		ok = curl_easy_setopt(curl, CURLOPT_NOPROGRESS, 0L) == CURLE_OK &&
			curl_easy_setopt(curl, CURLOPT_XFERINFOFUNCTION, on_progress) == CURLE_OK &&
			curl_easy_setopt(curl, CURLOPT_XFERINFODATA, (void *)f->cancel) == CURLE_OK;
	t->loopback_only = plain;
	if (ok && plain)
		ok = curl_easy_setopt(curl, CURLOPT_PROXY, "") == CURLE_OK;
	return ok;
}

struct fetch_client {
	CURL *curl;
};

struct fetch_client *fetch_client_new(void)
{
	struct fetch_client *client = malloc(sizeof *client);

	pthread_once(&once, start_curl);
	if (!client || !(client->curl = curl_easy_init())) {
		free(client);
		return NULL;
	}
	return client;
}

void fetch_client_free(struct fetch_client *client)
{
	if (!client)
		return;
	curl_easy_cleanup(client->curl);
	free(client);
}

/* "application/json", whatever its parameters. */
static bool is_json(CURL *curl)
{
	static const char json[] = "application/json";
	const char *type = NULL;

	if (curl_easy_getinfo(curl, CURLINFO_CONTENT_TYPE, &type) != CURLE_OK || !type || strncasecmp(type, json, sizeof json - 1) != 0)
		return false;
	type += sizeof json - 1;
	return !*type || *type == ';' || *type == ' ';
}

/* NULL: no memory. */
static struct curl_slist *headers_of(const struct fetch *f)
{
	const char *type = f->json ? "application/json" : f->data_type;
	struct curl_slist *list, *longer;
	char line[128];

	snprintf(line, sizeof line, "Accept: %s", f->accept ? f->accept : "application/json");
	list = longer = curl_slist_append(NULL, line);
	snprintf(line, sizeof line, "Content-Type: %s", type ? type : "");
	if (longer && type)
		longer = curl_slist_append(list, line);
	for (size_t i = 0; longer && f->headers && f->headers[i]; i++)
		longer = curl_slist_append(list, f->headers[i]);
	if (!longer)
		curl_slist_free_all(list);
	return longer ? list : NULL;
}

static int64_t date_of(CURL *curl)
{
	struct curl_header *date;
	time_t s = -1;

	if (curl_easy_header(curl, "Date", 0, CURLH_HEADER, -1, &date) == CURLHE_OK)
		s = curl_getdate(date->value, NULL);
	return s > 0 ? (int64_t)s : 0;
}

enum rc fetch_run(const struct fetch *f, int *status, struct buf *body, struct why *why)
{
	struct transfer t = {.body = body};
	char error[CURL_ERROR_SIZE] = "";
	struct curl_slist *headers = NULL;
	CURL *curl = NULL;
	long code = 0;
	enum rc rc = RC_OK;
	CURLcode result;

	*status = 0;
	if (!fetch_url_allowed(f->url))
		return why_set(why, RC_DENIED, "only https addresses are asked, and http ones on loopback, without user name: %.200s", f->url);
	pthread_once(&once, start_curl);
	curl = f->client ? f->client->curl : curl_easy_init();
	headers = headers_of(f);
	if (!curl || !headers || !set_options(curl, f, &t, error) ||
	    curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers) != CURLE_OK) {
		rc = why_set(why, RC_FAULT, "cannot set up a request to %.200s", f->url);
		goto out;
	}
	result = curl_easy_perform(curl);
	if (result == CURLE_ABORTED_BY_CALLBACK)
		rc = why_set(why, RC_CANCELLED, "%.200s: given up", f->url);
	else if (t.too_big)
		rc = why_set(why, RC_TOO_BIG, "%.200s: the answer is over 1 MiB", f->url);
	else if (t.nomem)
		rc = RC_NOMEM;
	else if (result != CURLE_OK || curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &code) != CURLE_OK || code == 0)
		rc = why_set(why, RC_UNREACHABLE, "%.200s: %.300s", f->url, *error ? error : curl_easy_strerror(result));
	*status = rc == RC_OK ? (int)code : 0;
	if (f->date_s)
		*f->date_s = rc == RC_OK ? date_of(curl) : 0;
	if (f->is_json)
		*f->is_json = rc == RC_OK && is_json(curl);
out:
	if (f->client)
		curl_easy_reset(curl);                   /* it forgets all but its connections */
	else
		curl_easy_cleanup(curl);
	curl_slist_free_all(headers);
	return rc;
}

enum rc fetch_form_add(struct buf *form, const char *name, struct slice value)
{
	static const char hex[] = "0123456789ABCDEF";

	if (form->len)
		buf_putc(form, '&');
	buf_puts(form, name);
	buf_putc(form, '=');
	for (size_t i = 0; i < value.n; i++) {
		unsigned char c = (unsigned char)value.p[i];

		if ((c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c && strchr("-._~", c)))
			buf_putc(form, (char)c);
		else
			buf_add(form, (char[]){'%', hex[c >> 4], hex[c & 15]}, 3);
	}
	return form->rc;
}
