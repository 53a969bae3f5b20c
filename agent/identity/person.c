/* The person in a token's claims: display name, groups, roles. */
#include "person.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "json.h"

#define USER_MAX 254

/* ---- struct person ----------------------------------------------------------------------------------------------------- */

void person_free(struct person *person)
{
	free(person->issuer);
	free(person->subject);
	free(person->user);
	text_list_free(&person->groups);
	*person = (struct person){0};
}

enum rc person_copy(struct person *to, const struct person *from)
{
	enum rc rc = RC_OK;

	*to = (struct person){.auditor = from->auditor, .admin = from->admin, .program = from->program};
	to->issuer = strdup(from->issuer);
	to->subject = strdup(from->subject);
	to->user = strdup(from->user);
	if (!to->issuer || !to->subject || !to->user)
		rc = RC_NOMEM;
	for (size_t i = 0; i < from->groups.n && rc == RC_OK; i++)
		rc = text_list_add(&to->groups, from->groups.item[i]);
	if (rc != RC_OK)
		person_free(to);
	return rc;
}

bool person_is(const struct person *a, const struct person *b)
{
	return strcmp(a->issuer, b->issuer) == 0 && strcmp(a->subject, b->subject) == 0;
}

/* ---- from claims ------------------------------------------------------------------------------------------------------- */

static enum rc read_user(const struct jwt *jwt, const char *claim, char **out, struct why *why)
{
	const cJSON *user = jwt_claim(jwt, claim);

	if (!cJSON_IsString(user) || !*user->valuestring)
		return why_set(why, RC_DENIED, "the ID token has no claim %s; let the provider put it into ID tokens, add the scope for it to "
			       "scopes in client.yaml, or set oidc.user_claim", claim);
	if (strlen(user->valuestring) > USER_MAX)
		return why_set(why, RC_DENIED, "the claim %s is over %d characters", claim, USER_MAX);
	for (const char *p = user->valuestring; *p; p++)
		if ((unsigned char)*p < ' ' || *p == 0x7f)
			return why_set(why, RC_DENIED, "the claim %s holds control characters", claim);
	*out = strdup(user->valuestring);
	return *out ? RC_OK : RC_NOMEM;
}

/* A claim that is too long for a token is left out, with a place to ask for it (OpenID Connect Core 5.6.2); Entra ID does so
 * from 200 groups on. */
static bool is_elsewhere(const struct jwt *jwt, const char *claim)
{
	const cJSON *names = cJSON_GetObjectItemCaseSensitive(jwt->claims, "_claim_names");
	const cJSON *has = cJSON_GetObjectItemCaseSensitive(jwt->claims, "hasgroups");

	return cJSON_GetObjectItemCaseSensitive(names, claim) || cJSON_IsTrue(has) ||
	       (cJSON_IsString(has) && strcmp(has->valuestring, "true") == 0);
}

static enum rc add_group(const struct oidc *oidc, const char *group, struct text_list *out)
{
	const char *prefix = oidc->groups_prefix ? oidc->groups_prefix : "";
	struct buf name;
	enum rc rc;

	buf_init(&name, JWT_MAX + strlen(prefix));
	buf_puts(&name, prefix);
	rc = buf_puts(&name, group);
	if (rc == RC_OK)
		rc = text_list_add(out, name.data);
	buf_free(&name);
	return rc;
}

/* Scopes stand in one string (RFC 8693 4.2). */
static enum rc add_words(const struct oidc *oidc, const char *words, struct text_list *out)
{
	char *copy = strdup(words), *rest = copy, *word;
	enum rc rc = copy ? RC_OK : RC_NOMEM;

	while (rc == RC_OK && (word = strsep(&rest, " ")))
		if (*word)
			rc = add_group(oidc, word, out);
	free(copy);
	return rc;
}

static enum rc no_groups(const struct oidc *oidc, struct why *why)
{
	if (oidc->kind == JWT_ACCESS)
		return why_set(why, RC_DENIED, "the access token has no claim %s; let the provider put the client's groups there, set "
			       "oidc.groups_claim, or name the client's groups in oidc.subjects", oidc->groups_claim);
	return why_set(why, RC_DENIED, "the ID token has no claim %s; let the provider put groups into ID tokens, add the scope for it to "
		       "scopes in client.yaml, or set oidc.groups_claim", oidc->groups_claim);
}

static enum rc read_groups(const struct jwt *jwt, const struct oidc *oidc, struct text_list *out, struct why *why)
{
	const char *claim = oidc->groups_claim;
	const cJSON *groups = jwt_claim(jwt, claim), *group;
	enum rc rc = RC_OK;

	if (!groups && is_elsewhere(jwt, claim))
		return why_set(why, RC_DENIED, "the person is in too many groups for the token to hold (claim %s, _claim_names or hasgroups); let the "
			       "provider send only groups that are assigned to this application, or app roles (oidc.groups_claim: roles)", claim);
	if (!groups)
		return no_groups(oidc, why);
	if (cJSON_IsString(groups) && oidc->kind == JWT_ACCESS)
		return add_words(oidc, groups->valuestring, out);
	if (cJSON_IsString(groups))
		return add_group(oidc, groups->valuestring, out);
	if (!cJSON_IsArray(groups))
		return why_set(why, RC_DENIED, "the claim %s is no list of groups", claim);
	for (group = groups->child; group && rc == RC_OK; group = group->next)
		rc = cJSON_IsString(group) ? add_group(oidc, group->valuestring, out) :
			why_set(why, RC_DENIED, "the claim %s is no list of names", claim);
	return rc;
}

/* A program that the configuration knows, whose token may lack what people's have: its user is its subject, its groups stand there. */
static const struct oidc_subject *subject_of(const struct jwt *jwt, const struct oidc *oidc)
{
	const char *sub = json_text(jwt->claims, "sub");

	for (size_t i = 0; sub && i < oidc->n_subjects; i++)
		if (strcmp(oidc->subjects[i].name, sub) == 0)
			return &oidc->subjects[i];
	return NULL;
}

static enum rc read_subject(const struct jwt *jwt, const struct oidc *oidc, const struct oidc_subject *subject, struct person *out, struct why *why)
{
	enum rc rc = read_user(jwt, jwt_claim(jwt, oidc->user_claim) ? oidc->user_claim : "sub", &out->user, why);

	for (size_t i = 0; i < subject->groups.n && rc == RC_OK; i++)
		rc = text_list_add(&out->groups, subject->groups.item[i]);
	return rc;
}

/* A program's token says it of itself (RFC 9068 2.2), or agent.yaml of the token's subject: a sub that is neither may be a person's. */
static enum rc check_program(const struct jwt *jwt, const struct oidc *oidc, const struct oidc_subject *subject, struct why *why)
{
	const char *scope = json_text(jwt->claims, "scope");
	struct oidc one = {.groups_prefix = NULL};
	struct text_list has = {0};
	enum rc rc = scope ? add_words(&one, scope, &has) : RC_OK;

	if (rc == RC_OK && !subject && strcmp(json_text(jwt->claims, "sub"), json_text(jwt->claims, "client_id")) != 0)
		rc = why_set(why, RC_DENIED, "the access token's subject (sub) is not its client (client_id), so it may be a person's; if it is a "
			     "program's, name the subject in oidc.subjects");
	for (size_t i = 0; i < oidc->scopes.n && rc == RC_OK; i++)
		if (!text_list_has(&has, oidc->scopes.item[i]))
			rc = why_set(why, RC_DENIED, "the access token lacks the scope %.100s; let the program ask the provider for it", oidc->scopes.item[i]);
	text_list_free(&has);
	return rc;
}

/* first and then, put together as *at. */
static enum rc join(const char *first, const char *then, char **at)
{
	char *whole = NULL;

	if (asprintf(&whole, "%s%s", first, then) < 0)
		return RC_NOMEM;
	free(*at);
	*at = whole;
	return RC_OK;
}

static bool is_false(const cJSON *v)
{
	return cJSON_IsFalse(v) || (cJSON_IsString(v) && strcmp(v->valuestring, "false") == 0);
}

enum rc person_read(const struct jwt *jwt, const struct config *config, const struct oidc *oidc, struct person *out, struct why *why)
{
	const struct oidc_subject *subject = subject_of(jwt, oidc);
	enum rc rc;

	*out = (struct person){0};
	if (is_false(cJSON_GetObjectItemCaseSensitive(jwt->claims, "email_verified")))
		return why_set(why, RC_DENIED, "the provider has not verified the e-mail address (email_verified is false); have it verified there");
	rc = subject ? read_subject(jwt, oidc, subject, out, why) : read_user(jwt, oidc->user_claim, &out->user, why);
	if (rc == RC_OK && oidc->kind == JWT_ACCESS)
		rc = check_program(jwt, oidc, subject, why);
	if (rc == RC_OK && oidc->kind == JWT_ACCESS)
		rc = join(JWT_PROGRAM_USER, out->user, &out->user);
	if (rc == RC_OK && !subject)
		rc = read_groups(jwt, oidc, &out->groups, why);
	if (rc == RC_OK)
		rc = join(json_text(jwt->claims, "iss"), oidc->kind == JWT_ACCESS ? PROGRAM_ISSUER : "", &out->issuer);
	if (rc == RC_OK)
		rc = join(json_text(jwt->claims, "sub"), "", &out->subject);
	out->program = subject || oidc->kind == JWT_ACCESS;
	out->auditor = text_list_has_any(&out->groups, &config->auditor_groups);
	out->admin = text_list_has_any(&out->groups, &config->admin_groups);
	if (rc != RC_OK)
		person_free(out);
	return rc;
}
