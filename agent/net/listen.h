/* TCP listeners by their text form: "0.0.0.0:2222", "[::]:2222", "localhost:9464". */
#ifndef PHIGATE_AGENT_LISTEN_H
#define PHIGATE_AGENT_LISTEN_H

#include "rc.h"

/* Bind, and listen with the shortest queue, for only listen(2) tells that a port is taken (RC_CONFLICT); a longer queue comes when
 * there is somebody to answer. */
enum rc listen_bind(const char *address, int *fd, struct why *why) MUST_USE;

#endif
