/* The recording as an HTTP archive: whole entries out of records that lie among those of others, however they were cut. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <unistd.h>

#include "bundle_make.h"
#include "export.h"
#include "json.h"

static const struct made_record interleaved[] = {
	{.kind = "open", .body = "{\"user\":{\"id\":\"a\"}}"},
	{.kind = "request", .exchange = 1, .body = "{\"method\":\"POST\",\"path\":\"/v1/[NAME]?a=1&b=\\u00e9 c&d\",\"route\":\"/x\",\"headers\":[[\"Content-Type\",\"application/json\"],"
		"[\"X\",\"q\\\"q\"]],\"text\":\"{\\\"a\\\":\\\"\\u00e9\\\\n\\\"}\"}"},
	{.kind = "request", .exchange = 2, .body = "{\"method\":\"GET\",\"path\":\"/b\",\"headers\":[],\"text\":\"\"}"},
	{.kind = "response", .exchange = 1, .body = "{\"status\":200,\"headers\":[[\"Content-Type\",\"text/event-stream\"],[\"X-A\",\"b\"]]}"},
	{.kind = "response", .exchange = 2, .body = "{\"status\":404,\"headers\":[]}"},
	{.kind = "response", .exchange = 1, .body = "{\"chunks\":[[1500,\"one \"],[2500,\"tw\\u00f6\\n\"]]}"},
	{.kind = "response", .exchange = 2, .body = "{\"chunks\":[[100,{\"b64\":\"//4=\"}],[200,\"text\"],[300,{\"b64\":\"AAEC\"}]],\"end\":true}"},
	{.kind = "request", .exchange = 3, .body = "{\"method\":\"POST\",\"path\":\"/c\",\"headers\":[],\"text\":{\"b64\":\"//4=\"}}"},
	{.kind = "response", .exchange = 1, .body = "{\"chunks\":[[9500,\"three\"]],\"totals\":{\"masked\":{\"NAME\":1}},\"end\":true}"},
	{.kind = "response", .exchange = 3, .body = "{\"status\":200,\"headers\":[]}"},
	{.kind = "response", .exchange = 3, .body = "{\"chunks\":[[7,\"half\"]]}"},
	{.kind = "cut", .exchange = 3, .body = "{\"reason\":\"client\"}"},
	{.kind = "request", .exchange = 4, .body = "{\"method\":\"POST\",\"path\":\"/d\",\"headers\":[],\"text\":\"x\"}"},
	{.kind = "close", .body = "{\"end\":\"client\"}"},
};

/* The archive of these records, as text and read. */
static cJSON *exported(size_t *lost, char **text)
{
	char path[] = "/tmp/phigate-export.XXXXXX";
	struct bundle *bundle;
	struct bundle_make m;
	struct why why = {0};
	size_t n;
	FILE *out = open_memstream(text, &n);
	int fd = mkstemp(path);

	assert_true(fd >= 0 && out);
	close(fd);
	bundle_make_init(&m);
	for (size_t i = 0; i < sizeof interleaved / sizeof *interleaved; i++)
		bundle_make_record(&m, interleaved[i].kind, interleaved[i].exchange, 1, interleaved[i].body);
	bundle_make_all(&m);
	bundle_make_write(&m, path);
	assert_int_equal(bundle_open(path, &bundle, &why), RC_OK);
	(void)!bundle_verify(bundle, NULL, NULL, NULL, &why);
	*lost = 0;
	assert_int_equal(export_har(bundle, out, lost, &why), RC_OK);
	fclose(out);
	bundle_free(bundle);
	bundle_make_free(&m);
	unlink(path);
	return json_parse(slice_str(*text));
}

static const char *text_at(const cJSON *entry, const char *a, const char *b, const char *key)
{
	const cJSON *object = json_object(entry, a);

	return json_text(b ? json_object(object, b) : object, key);
}

static void entries_are_whole_though_their_records_lie_among_others(void **state)
{
	size_t lost;
	char *text;
	cJSON *har = exported(&lost, &text);
	const cJSON *entries = json_array(json_object(har, "log"), "entries"), *one = cJSON_GetArrayItem(entries, 0);
	int64_t number;

	(void)state;
	assert_non_null(har);
	assert_int_equal(lost, 0);
	assert_int_equal(cJSON_GetArraySize(entries), 4);
	assert_string_equal(text_at(one, "request", NULL, "method"), "POST");
	assert_non_null(strstr(text_at(one, "request", NULL, "url"), "/v1/%5BNAME%5D?a=1&b=%C3%A9%20c&d"));
	assert_string_equal(text_at(one, "request", "postData", "text"), "{\"a\":\"\xc3\xa9\\n\"}");
	assert_string_equal(text_at(one, "request", "postData", "mimeType"), "application/json");
	assert_int_equal(cJSON_GetArraySize(json_array(json_object(one, "request"), "queryString")), 3);
	assert_int_equal(cJSON_GetArraySize(json_array(json_object(one, "request"), "headers")), 2);
	assert_string_equal(text_at(one, "response", "content", "text"), "one tw\xc3\xb6\nthree");
	assert_string_equal(text_at(one, "response", "content", "mimeType"), "text/event-stream");
	assert_true(json_int(json_object(json_object(one, "response"), "content"), "size", &number) && number == 14);
	assert_non_null(strstr(text, "\"timings\":{\"send\":0,\"wait\":1.500,\"receive\":8.000},\"time\":9.500,\"_chunks\":[[1500,4],[2500,5],[9500,5]]}"));
	cJSON_Delete(har);
	free(text);
}

static void what_is_no_text_is_base64_and_what_was_cut_says_so(void **state)
{
	size_t lost;
	char *text;
	cJSON *har = exported(&lost, &text);
	const cJSON *entries = json_array(json_object(har, "log"), "entries"), *two = cJSON_GetArrayItem(entries, 1);
	int64_t number;

	(void)state;
	assert_string_equal(text_at(two, "response", "content", "encoding"), "base64");
	assert_string_equal(text_at(two, "response", "content", "text"), "//50ZXh0AAEC");
	assert_true(json_int(json_object(json_object(two, "response"), "content"), "size", &number) && number == 9);
	assert_true(json_int(json_object(two, "response"), "status", &number) && number == 404);
	assert_null(json_object(json_object(two, "request"), "postData"));
	assert_string_equal(text_at(cJSON_GetArrayItem(entries, 2), "request", "postData", "_encoding"), "base64");
	assert_string_equal(text_at(cJSON_GetArrayItem(entries, 2), "response", "content", "text"), "half");
	assert_string_equal(json_text(cJSON_GetArrayItem(entries, 2), "_cut"), "client");
	assert_string_equal(json_text(cJSON_GetArrayItem(entries, 3), "_cut"), "its end is not in this bundle");
	assert_true(json_int(json_object(cJSON_GetArrayItem(entries, 3), "response"), "status", &number) && number == 0);
	cJSON_Delete(har);
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(entries_are_whole_though_their_records_lie_among_others),
		cmocka_unit_test(what_is_no_text_is_base64_and_what_was_cut_says_so),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
