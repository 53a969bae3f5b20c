/* What notary.c (the agent's end) and notary_process.c share: messages of a SOCK_SEQPACKET pair between two images of one program. */
#ifndef PHIGATE_AGENT_NOTARY_PRIVATE_H
#define PHIGATE_AGENT_NOTARY_PRIVATE_H

#include "notary.h"

#define NOTARY_MESSAGE_MAX ((size_t)128 << 10)

struct notary_hello {                            /* once, from the notary */
	enum rc rc;
	struct why why;
	struct notary_facts facts;
};

enum notary_what { NOTARY_APPEND, NOTARY_FIND };

struct notary_request {
	enum notary_what what;
	uint32_t n;                              /* leaves that follow, each behind a struct notary_leaf */
	uint64_t part;                           /* NOTARY_FIND */
	char id[72];
};
struct notary_leaf {
	uint32_t n;
	unsigned char sum[SHA512_LEN];
};

struct notary_reply {
	enum rc rc;
	struct registry_part part;               /* NOTARY_FIND */
	uint32_t note_n;                         /* bytes of the checkpoint that follow, and then answers */
};
struct notary_answer {
	enum rc rc;
	uint64_t index;
	uint32_t signature_n;                    /* bytes that follow */
};

_Noreturn void notary_process(int fd, const char *state_dir, const char *agent_name);

#endif
