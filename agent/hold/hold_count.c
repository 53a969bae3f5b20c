/* How many holds there are, for metrics. */
#include "hold_private.h"
#include "metrics.h"

void holds_metrics(struct store *store)
{
	const struct metric_kind *kind = metric_kind(METRIC_HOLDS);
	sqlite3 *db = store_begin(store);
	sqlite3_stmt *q;
	enum rc rc;

	if (!db)
		return;
	for (size_t i = 0; i < sizeof kind->values / sizeof *kind->values && kind->values[i]; i++)
		metrics_set(METRIC_HOLDS, 0, METRIC_OF(kind->values[i]));
	rc = store_query(db, &q, "SELECT state, count(*) FROM holds WHERE " HOLD_IS_SHOWN " GROUP BY state", "");
	while (rc == RC_OK && (rc = store_row(q)) == RC_OK)
		metrics_set(METRIC_HOLDS, (double)sqlite3_column_int64(q, 1), METRIC_OF(store_text(q, 0)));
	sqlite3_finalize(q);
	store_end(store);
}
