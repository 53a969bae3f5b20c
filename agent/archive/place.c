#include "place.h"

const char *const ARCHIVE_NAMES[ARCHIVE_KINDS] = {[ARCHIVE_FOLDER] = "folder", [ARCHIVE_S3] = "s3"};

bool archive_has(const struct archive_settings *settings, enum archive_kind kind)
{
	return kind == ARCHIVE_FOLDER ? settings->dir != NULL : settings->s3.endpoint != NULL;
}

enum rc archive_place(const struct archive_settings *settings, enum archive_kind kind, const struct archive_item *item, struct buf *out)
{
	if (kind == ARCHIVE_FOLDER)
		return buf_printf(out, "%s/%s/%d.tar", settings->dir, item->session, item->part);
	return buf_printf(out, "s3://%s/%s%s/%d.tar", settings->s3.bucket, settings->s3.prefix ? settings->s3.prefix : "", item->session, item->part);
}

enum rc archive_put(const struct archive_settings *settings, enum archive_kind kind, const struct archive_item *item, const atomic_bool *cancel,
		    struct why *why)
{
	enum rc rc = kind == ARCHIVE_FOLDER ? folder_put(settings->dir, item, cancel, why) : s3_put(&settings->s3, item, cancel, why);

	return rc == RC_NOT_FOUND ? why_set(why, RC_CONFLICT, "%s: the %s took it and does not have it", item->session, ARCHIVE_NAMES[kind]) : rc;
}

enum rc archive_confirm(const struct archive_settings *settings, enum archive_kind kind, const struct archive_item *item,
			const atomic_bool *cancel, struct why *why)
{
	return kind == ARCHIVE_FOLDER ? folder_confirm(settings->dir, item, why) : s3_confirm(&settings->s3, item, cancel, why);
}
