/* What a client says that opens a control channel: "control KEY SIGNATURE", its key and the proof that it holds it. */
#ifndef PHIGATE_TEST_CONTROL_LINE_H
#define PHIGATE_TEST_CONTROL_LINE_H

#include "encode.h"
#include "sshkey.h"

/* The caller frees the line. */
static inline void control_line(EVP_PKEY *key, const char *challenge, const char *fingerprint, struct buf *line)
{
	struct buf der, sig;

	buf_init(&der, 256);
	buf_init(&sig, 256);
	buf_init(line, 1024);
	assert_int_equal(sshkey_public_der(key, &der), RC_OK);
	assert_int_equal(possession_sign(key, challenge, fingerprint, &sig), RC_OK);
	buf_puts(line, "control ");
	base64url_encode(der.data, der.len, line);
	buf_putc(line, ' ');
	base64url_encode(sig.data, sig.len, line);
	assert_int_equal(buf_puts(line, "\r\n"), RC_OK);
	buf_free(&der);
	buf_free(&sig);
}

#endif
