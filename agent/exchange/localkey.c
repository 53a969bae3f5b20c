#include "localkey.h"

#include <string.h>
#include <strings.h>

#include "digest.h"

/* 127.0.0.1, localhost or [::1], with or without a port: anything else is a web page that had its name resolved to us. */
static bool is_local_host(struct slice host)
{
	static const char *const local[] = {"127.0.0.1", "localhost", "[::1]"};

	for (size_t i = 0; i < sizeof local / sizeof *local; i++) {
		size_t n = strlen(local[i]);

		if (host.n < n || strncasecmp(host.p, local[i], n) != 0)
			continue;
		if (host.n == n)
			return true;
		if (host.p[n] != ':' || host.n == n + 1)
			continue;
		for (size_t k = n + 1; k < host.n; k++)
			if (host.p[k] < '0' || host.p[k] > '9')
				return false;
		return true;
	}
	return false;
}

static bool is_key(struct slice value, const char *api_key_sha256)
{
	char hex[SHA256_HEX];

	sha256_hex(value.p, value.n, hex);
	return strlen(api_key_sha256) == SHA256_HEX - 1 && equal_secret(hex, api_key_sha256, SHA256_HEX - 1);
}

int localkey_check(const struct http_head *head, const char *api_key_sha256, bool optional, struct why *why)
{
	struct slice bearer = http_header(head, "authorization"), plain = http_header(head, "x-api-key");
	struct slice site = http_header(head, "sec-fetch-site");
	bool from_page = http_header(head, "origin").p || (site.p && !slice_is_nocase(site, "none"));

	if (!is_local_host(http_header(head, "host"))) {
		why_set(why, RC_DENIED, "only requests to 127.0.0.1, localhost or [::1] are taken here");
		return 421;
	}
	if (bearer.n > 7 && strncasecmp(bearer.p, "Bearer ", 7) == 0 &&
	    is_key((struct slice){bearer.p + 7, bearer.n - 7}, api_key_sha256))
		return 0;
	if (plain.n && is_key(plain, api_key_sha256))
		return 0;
	if (optional && !bearer.p && !plain.p && !from_page)
		return 0;
	why_set(why, RC_DENIED, "the API key is %s; use the one that phigate connect printed (Authorization: Bearer or x-api-key)",
		bearer.p || plain.p ? "not this session's" : "missing");
	return 401;
}
