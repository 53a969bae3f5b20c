#include "receipt.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "clock.h"
#include "file.h"
#include "json.h"

#define RECEIPT_MAX_BYTES ((size_t)16 << 10)

static void path_of(const char *bundles_dir, const char *session, int part, char out[PATH_MAX])
{
	snprintf(out, PATH_MAX, "%s/%s/%d.archived", bundles_dir, session, part);
}

static bool read_time(const cJSON *json, const char *key, int64_t *out_s)
{
	const char *text = json_text(json, key);
	int64_t ns;

	if (!text || clock_parse(slice_str(text), &ns) != RC_OK)
		return false;
	*out_s = ns / NS_PER_S;
	return true;
}

static enum rc parse(const cJSON *json, struct receipt *out)
{
	const cJSON *places = json_array(json, "places"), *place;
	const char *sum = json_text(json, "sha256");
	int64_t bytes;

	if (!places || !sum || strlen(sum) != SHA256_HEX - 1 || !json_int(json, "bytes", &bytes) || bytes < 0 ||
	    !read_time(json, "archived", &out->archived_s) || !read_time(json, "retain_until", &out->retain_until_s))
		return RC_BAD;
	memcpy(out->sha256, sum, SHA256_HEX);
	out->bytes = (uint64_t)bytes;
	cJSON_ArrayForEach(place, places) {
		if (!cJSON_IsString(place))
			return RC_BAD;
		if (text_list_add(&out->places, place->valuestring) != RC_OK)
			return RC_NOMEM;
	}
	return RC_OK;
}

enum rc receipt_read(const char *bundles_dir, const char *session, int part, struct receipt *out)
{
	char path[PATH_MAX];
	cJSON *json = NULL;
	struct buf text;
	enum rc rc;

	*out = (struct receipt){0};
	path_of(bundles_dir, session, part, path);
	buf_init(&text, RECEIPT_MAX_BYTES);
	rc = file_read(path, &text, NULL);
	if (rc == RC_OK) {
		json = json_parse(buf_slice(&text));
		rc = json ? parse(json, out) : RC_BAD;
	}
	cJSON_Delete(json);
	buf_free(&text);
	return rc;
}

enum rc receipt_write(const char *bundles_dir, const char *session, int part, const struct receipt *receipt, struct why *why)
{
	char path[PATH_MAX], archived[CLOCK_TEXT], until[CLOCK_TEXT];
	struct buf text;
	enum rc rc;

	path_of(bundles_dir, session, part, path);
	buf_init(&text, RECEIPT_MAX_BYTES);
	buf_printf(&text, "{\"sha256\":\"%s\",\"bytes\":%llu,\"archived\":\"%s\",\"retain_until\":\"%s\",\"places\":[", receipt->sha256,
		   (unsigned long long)receipt->bytes, clock_text_s(receipt->archived_s, archived), clock_text_s(receipt->retain_until_s, until));
	for (size_t i = 0; i < receipt->places.n; i++) {
		buf_puts(&text, i ? "," : "");
		json_add_str(&text, receipt->places.item[i]);
	}
	rc = buf_puts(&text, "]}\n");
	if (rc == RC_OK)
		rc = file_write(path, buf_slice(&text), 0600, why);
	buf_free(&text);
	return rc;
}

void receipt_free(struct receipt *receipt)
{
	text_list_free(&receipt->places);
}
