/* The places that bundles are archived at. Both are asked alike: put a bundle there, and confirm that it is there, whole. */
#ifndef PHIGATE_AGENT_ARCHIVE_PLACE_H
#define PHIGATE_AGENT_ARCHIVE_PLACE_H

#include <stdatomic.h>

#include "config.h"
#include "digest.h"

/* A bundle on this machine. */
struct archive_item {
	const char *session;
	int part;
	int fd;                                  /* read from its beginning by whoever needs it */
	uint64_t bytes;
	unsigned char sha256[SHA256_LEN];
	int64_t retain_until_s;                  /* wall clock */
};

enum archive_kind { ARCHIVE_FOLDER, ARCHIVE_S3 };
#define ARCHIVE_KINDS 2
extern const char *const ARCHIVE_NAMES[ARCHIVE_KINDS];   /* "folder", "s3" */

bool archive_has(const struct archive_settings *settings, enum archive_kind kind);

/* Append where the item is, or would be: "/srv/archive/ID/1.tar", "s3://BUCKET/PREFIX/ID/1.tar". */
enum rc archive_place(const struct archive_settings *settings, enum archive_kind kind, const struct archive_item *item, struct buf *out);

/* RC_OK: it is there, durable and confirmed. RC_CONFLICT: the storage has something else there, or not under the lock that was asked
 * for; RC_UNREACHABLE, RC_DENIED, RC_IO, RC_CANCELLED: cancel became true. */
enum rc archive_put(const struct archive_settings *settings, enum archive_kind kind, const struct archive_item *item, const atomic_bool *cancel,
		    struct why *why) MUST_USE;

/* Is it there, as it was put? RC_NOT_FOUND, and as above. */
enum rc archive_confirm(const struct archive_settings *settings, enum archive_kind kind, const struct archive_item *item,
			const atomic_bool *cancel, struct why *why) MUST_USE;

/* folder.c */
enum rc folder_put(const char *dir, const struct archive_item *item, const atomic_bool *cancel, struct why *why) MUST_USE;
enum rc folder_confirm(const char *dir, const struct archive_item *item, struct why *why) MUST_USE;

/* s3.c: one PUT with a signature of version 4 over all of it, and HEAD to confirm (Amazon S3 API reference, 2006-03-01). */
enum rc s3_put(const struct s3_settings *settings, const struct archive_item *item, const atomic_bool *cancel, struct why *why) MUST_USE;
enum rc s3_confirm(const struct s3_settings *settings, const struct archive_item *item, const atomic_bool *cancel, struct why *why) MUST_USE;

/* ACCESS-KEY-ID:SECRET, from a file that only its owner may read. */
enum rc s3_credentials(const char *path, struct buf *out, struct why *why) MUST_USE;

#endif
