/* Digests against the published vectors, and without any memory. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <openssl/crypto.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "digest.h"
#include "encode.h"

static bool memory_is_gone;

static void *take(size_t n, const char *file, int line)
{
	(void)file;
	(void)line;
	return memory_is_gone ? NULL : malloc(n);
}

static void *take_again(void *p, size_t n, const char *file, int line)
{
	(void)file;
	(void)line;
	return memory_is_gone ? NULL : realloc(p, n);
}

static void give_back(void *p, const char *file, int line)
{
	(void)file;
	(void)line;
	free(p);
}

static void is(const unsigned char sum[SHA256_LEN], const char *hex)
{
	char text[SHA256_HEX];

	hex_encode(sum, SHA256_LEN, text);
	assert_string_equal(text, hex);
}

/* RFC 4231, section 4: test cases 1, 2, 3, 6 and 7. */
static void hmac_is_that_of_the_standard(void **state)
{
	static const struct {
		int key_byte, key_n;             /* a key of that byte; n 0: the text */
		const char *key_text;
		int data_byte, data_n;
		const char *data_text, *mac;
	} rows[] = {
		{0x0b, 20, NULL, 0, 0, "Hi There", "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"},
		{0, 0, "Jefe", 0, 0, "what do ya want for nothing?", "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"},
		{0xaa, 20, NULL, 0xdd, 50, NULL, "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe"},
		{0xaa, 131, NULL, 0, 0, "Test Using Larger Than Block-Size Key - Hash Key First",
		 "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"},
		{0xaa, 131, NULL, 0, 0, "This is a test using a larger than block-size key and a larger than block-size data. "
		 "The key needs to be hashed before being used by the HMAC algorithm.",
		 "9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		char key_bytes[256], data_bytes[256];
		struct slice key = rows[i].key_n ? (struct slice){key_bytes, (size_t)rows[i].key_n} : slice_str(rows[i].key_text);
		struct slice data = rows[i].data_n ? (struct slice){data_bytes, (size_t)rows[i].data_n} : slice_str(rows[i].data_text);
		unsigned char mac[SHA256_LEN];
		struct hmac_ctx ctx;

		memset(key_bytes, rows[i].key_byte, sizeof key_bytes);
		memset(data_bytes, rows[i].data_byte, sizeof data_bytes);
		hmac_sha256(key, data, mac);
		is(mac, rows[i].mac);
		hmac_begin(&ctx, key);
		for (size_t at = 0; at < data.n; at++)
			hmac_more(&ctx, data.p + at, 1);
		hmac_end(&ctx, mac);
		is(mac, rows[i].mac);
	}
}

/* As the agent's first act in a thread may be, when there is nothing left. */
static void nothing_is_needed(void **state)
{
	unsigned char sum[SHA256_LEN], a[600], b[600];
	struct sha256_ctx ctx;

	(void)state;
	memory_is_gone = true;
	sha256_begin(&ctx);
	sha256_more(&ctx, "ab", 2);
	sha256_more(&ctx, "c", 1);
	sha256_end(&ctx, sum);
	is(sum, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");     /* FIPS 180-4's "abc" */
	hmac_sha256(SLICE("Jefe"), SLICE("what do ya want for nothing?"), sum);
	is(sum, "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
	memset(a, 0, sizeof a);
	memset(b, 0, sizeof b);
	random_bytes(a, sizeof a);
	random_bytes(b, sizeof b);
	memory_is_gone = false;
	assert_memory_not_equal(a, b, sizeof a);
	for (size_t at = 0; at < sizeof a; at += 100)            /* to the end */
		assert_memory_not_equal(a + at, (char[100]){0}, 100);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_is_needed),             /* the first, for OpenSSL keeps what it has taken */
		cmocka_unit_test(hmac_is_that_of_the_standard),
	};

	if (CRYPTO_set_mem_functions(take, take_again, give_back) != 1)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
