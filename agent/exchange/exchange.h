/* The data path: one HTTP request of a session and its answer. exchange_serve() is the life of a data channel. */
#ifndef PHIGATE_AGENT_EXCHANGE_H
#define PHIGATE_AGENT_EXCHANGE_H

#include "agent.h"
#include "session.h"

/* Serve exchanges on a data channel until it closes or the session ends. fd is borrowed. */
void exchange_serve(struct agent *agent, struct session *session, int fd);


#endif
