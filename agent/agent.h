/* All that lives as long as the agent's process; made and taken down by run.c, in order. */
#ifndef PHIGATE_AGENT_H
#define PHIGATE_AGENT_H

#include "config.h"

struct agent {
	struct config *config;
	struct keeper *keeper;                   /* forked first; holds the loopback listener too */
	int ssh_listener;                        /* bound while still root */
	struct ledger *ledger;                   /* with the notary's process, forked before threads */
	struct store *store;
	struct policies *policies;
	struct dialect **dialects;               /* one for each of config->connections, same order */
	struct target **targets;                 /* likewise: where the model is and what it gets */
	struct sinks *sinks;                     /* live streams of events */
	struct spool *spool;
	struct archive *archive;                 /* NULL: none */
	struct identity *identity;
	struct notices *notices;
	struct holds *holds;
	struct sessions *sessions;
	struct usage *usage;                     /* what people have asked, for limits */
	struct events *events;                   /* what is told on /v1/events */
	struct gate *gate;                       /* SSH connections and loopback listener */
	int stop_fd;                             /* readable when the agent stops */
};

#endif
