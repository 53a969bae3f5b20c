/* The first line in each direction on a channel (design: the tunnel). Pure parsers. */
#ifndef PHIGATE_PREFACE_H
#define PHIGATE_PREFACE_H

#include "buf.h"

#define PREFACE_CHALLENGE_LEN 43                 /* base64url of 32 bytes */
#define PREFACE_LINE_MAX 1024

enum preface_kind { PREFACE_DATA, PREFACE_CONTROL };

struct preface {
	enum preface_kind kind;
	char session_key[44];                    /* data; wipe after use */
	unsigned char key_der[128], sig_der[128];        /* control */
	size_t key_der_n, sig_der_n;
};

/* The agent's side: one client line at the start of in. RC_AGAIN: no LF yet; RC_BAD; else *used counts the bytes with CRLF. */
enum rc preface_parse(struct slice in, struct preface *out, size_t *used) MUST_USE;

/* The client's side: "PHIGATE/1 CHALLENGE\r\n". */
enum rc preface_greeting_parse(struct slice in, char challenge[PREFACE_CHALLENGE_LEN + 1], size_t *used) MUST_USE;

/* The agent's port and the SSH connection's name in sshd's version string "SSH-2.0-… phigate/1:PORT ID". RC_BAD. */
enum rc preface_banner_parse(const char *banner, int *port, char id[64]) MUST_USE;

#endif
