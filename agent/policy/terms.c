#include "terms.h"

#include <string.h>

#include "purpose.h"

static enum rc read_purposes(const struct yaml *value, struct text_list *out, struct why *why)
{
	bool any = false;
	enum rc rc;

	if (value->type == YAML_TEXT && (strcmp(value->text, "true") == 0 || strcmp(value->text, "false") == 0)) {
		rc = conf_value(value, CONF_FLAG, &any, why);
		for (size_t i = 0; any && purpose_nth(i) && rc == RC_OK; i++)
			rc = text_list_add(out, purpose_nth(i));
		return rc;
	}
	rc = yaml_is_null(value) ? RC_OK : conf_value(value, CONF_TEXTS, out, why);
	if (rc == RC_OK && !out->n)
		rc = why_at(why, RC_BAD, value->line, value->column, "\"require_purpose\" must be true, or a list of " PURPOSE_ALL);
	for (size_t i = 0; i < out->n && rc == RC_OK; i++) {
		struct why said;

		if (purpose_check(out->item[i], &said) != RC_OK)
			rc = why_at(why, RC_BAD, value->line, value->column, "%s", said.text);
	}
	return rc;
}

enum rc terms_read(const struct yaml *require_reason, const struct yaml *require_purpose, struct terms *out, struct why *why)
{
	enum rc rc = require_reason ? conf_value(require_reason, CONF_FLAG, &out->reason, why) : RC_OK;

	return rc == RC_OK && require_purpose ? read_purposes(require_purpose, &out->purposes, why) : rc;
}

void terms_free(struct terms *terms)
{
	text_list_free(&terms->purposes);
}

static bool says_something(const char *text)
{
	return text && text[strspn(text, " \t\r\n")];
}

enum rc terms_met(const struct terms *terms, const char *connection, const char *reason, const char *purpose, struct why *why)
{
	char allowed[64] = "";

	if (terms->reason && !says_something(reason))
		return why_set(why, RC_DENIED, "%s is opened with a reason only: phigate connect %s --reason TEXT, and exec likewise; it goes on record",
			       connection, connection);
	if (!terms->purposes.n || (purpose && text_list_has(&terms->purposes, purpose)))
		return RC_OK;
	for (size_t i = 0; i < terms->purposes.n && strlen(allowed) + strlen(terms->purposes.item[i]) + 4 < sizeof allowed; i++) {
		strcat(allowed, i ? ", " : "");
		strcat(allowed, terms->purposes.item[i]);
	}
	return why_set(why, RC_DENIED, "%s is opened for these purposes only: %s; phigate connect %s --purpose %s, and exec likewise", connection,
		       allowed, connection, terms->purposes.item[0]);
}
