/* What export.c and export_har.c share. */
#ifndef PHIGATE_CLI_EXPORT_H
#define PHIGATE_CLI_EXPORT_H

#include <stdio.h>

#include "bundle.h"

/* HAR 1.2 (http://www.softwareishard.com/blog/har-12-spec/): the recorded requests and answers themselves. Reads the bundle from its beginning,
 * one exchange after the other and each as a stream, so that memory is constant however large they are. Records that cannot be had are told of
 * on stderr and counted in *lost. RC_IO: the bundle cannot be read, or the output not be written. */
enum rc export_har(struct bundle *bundle, FILE *out, size_t *lost, struct why *why) MUST_USE;

/* A record that cannot be had, on stderr. */
void export_lost(const struct bundle_record *record, const struct why *why);

#endif
