#include "signin.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <openssl/x509.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "clock.h"
#include "encode.h"
#include "file.h"
#include "json.h"
#include "oidc.h"
#include "profile.h"
#include "wipe.h"

#define FILE_MAX ((size_t)256 << 10)
#define FILE_NAME "signin.json"
#define LEEWAY_S 60

/* ---- where it lies ----------------------------------------------------------------------------------------------------------- */

char *signin_dir(struct why *why)
{
	const char *state = getenv("XDG_STATE_HOME"), *home = getenv("HOME"), *profile;
	char *dir = NULL;
	int n = -1;

	if (profile_get(&profile, why) != RC_OK)
		return NULL;
	if (state && state[0] == '/')
		n = asprintf(&dir, "%s/phigate%s%s", state, profile ? "/profiles/" : "", profile ? profile : "");
	else if (home && home[0] == '/')
		n = asprintf(&dir, "%s/.local/state/phigate%s%s", home, profile ? "/profiles/" : "", profile ? profile : "");
	if (n < 0) {
		why_set(why, RC_BAD, "neither XDG_STATE_HOME nor HOME names a folder for the sign-in");
		return NULL;
	}
	return dir;
}

static enum rc check_dir(const char *dir, struct why *why)
{
	struct stat st;

	if (lstat(dir, &st) != 0)
		return errno == ENOENT ? RC_NOT_FOUND : why_set(why, RC_IO, "%s: %s", dir, strerror(errno));
	if (!S_ISDIR(st.st_mode) || st.st_uid != geteuid() || st.st_mode & 077)
		return why_set(why, RC_BAD, "%s: must be a folder that only you can enter; run: chmod 700 %s", dir, dir);
	return RC_OK;
}

/* The lock of the stored sign-in, held until the descriptor is closed. */
static enum rc lock_dir(const char *dir, int *fd, struct why *why)
{
	char *path = path_join(dir, "signin.lock");

	*fd = path ? open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600) : -1;
	free(path);
	if (*fd < 0)
		return why_set(why, RC_IO, "%s: cannot make the lock file: %s", dir, strerror(errno));
	while (flock(*fd, LOCK_EX) != 0)
		if (errno != EINTR) {
			close(*fd);
			*fd = -1;
			return why_set(why, RC_IO, "%s: cannot lock: %s", dir, strerror(errno));
		}
	return RC_OK;
}

static char *file_path(const char *dir)
{
	return path_join(dir, FILE_NAME);
}

/* ---- the file: {"issuer","client_id","key","id_token","login_token","refresh_token","token_file"} ------------------------------------------- */

static enum rc put_key(EVP_PKEY *key, struct buf *out)
{
	unsigned char *der = NULL;
	int n = i2d_PrivateKey(key, &der);
	enum rc rc = n > 0 ? base64_encode(der, (size_t)n, out) : RC_FAULT;

	if (n > 0)
		wipe(der, (size_t)n);
	OPENSSL_free(der);
	return rc;
}

static EVP_PKEY *get_key(const char *text)
{
	const unsigned char *at;
	EVP_PKEY *key = NULL;
	struct buf der;

	buf_init(&der, 4096);
	if (base64_decode(slice_str(text), &der) == RC_OK) {
		at = (const unsigned char *)der.data;
		key = d2i_PrivateKey(EVP_PKEY_EC, NULL, &at, (long)der.len);
	}
	buf_free(&der);
	return key;
}

static void put(struct buf *out, const char *name, struct slice value)
{
	buf_printf(out, "%s\"%s\":", out->len > 1 ? ",\n" : "", name);
	json_add_string(out, value);
}

static enum rc write_file(const char *dir, const struct client_config *config, const struct signin *s, struct why *why)
{
	char *path = file_path(dir);
	struct buf text, key;
	enum rc rc = path ? RC_OK : RC_NOMEM;

	buf_init(&text, FILE_MAX);
	buf_init(&key, 4096);
	if (rc == RC_OK)
		rc = put_key(s->key, &key);
	buf_putc(&text, '{');
	put(&text, "issuer", slice_str(config->issuer));
	put(&text, "client_id", slice_str(config->client_id));
	put(&text, "key", buf_slice(&key));
	put(&text, "id_token", buf_slice(&s->id_token));
	put(&text, "login_token", buf_slice(&s->login_token));
	put(&text, "refresh_token", buf_slice(&s->refresh_token));
	if (s->token_file)
		put(&text, "token_file", slice_str(s->token_file));
	buf_puts(&text, "}\n");
	if (rc == RC_OK)
		rc = text.rc == RC_OK ? file_write(path, buf_slice(&text), 0600, why) : text.rc;
	buf_free(&key);
	buf_free(&text);
	free(path);
	return rc;
}

static struct signin *signin_new(void)
{
	struct signin *s = calloc(1, sizeof *s);

	if (s) {
		buf_init(&s->id_token, JWT_MAX);
		buf_init(&s->login_token, JWT_MAX);
		buf_init(&s->refresh_token, JWT_MAX);
	}
	return s;
}

/* What the ID token says of person and time. */
static void set_claims(struct signin *s, struct oidc_claims *claims)
{
	free(s->user);
	text_list_free(&s->groups);
	s->user = claims->user;
	s->groups = claims->groups;
	s->expires_s = claims->expires_s;
	claims->user = NULL;
	claims->groups = (struct text_list){0};
}

static enum rc read_tree(const cJSON *tree, struct signin *s)
{
	const char *key = json_text(tree, "key"), *id = json_text(tree, "id_token"), *login = json_text(tree, "login_token");
	const char *refresh = json_text(tree, "refresh_token"), *file = json_text(tree, "token_file");
	struct oidc_claims claims;
	enum rc rc;

	if (!key || !id || !login || !refresh)
		return RC_BAD;
	s->key = get_key(key);
	if (!s->key || buf_puts(&s->id_token, id) != RC_OK || buf_puts(&s->login_token, login) != RC_OK ||
	    buf_puts(&s->refresh_token, refresh) != RC_OK)
		return RC_BAD;
	if (file)
		return (s->token_file = strdup(file)) ? RC_OK : RC_NOMEM;
	rc = oidc_read(buf_slice(&s->id_token), &claims);
	if (rc == RC_OK)
		set_claims(s, &claims);
	oidc_claims_free(&claims);
	return rc;
}

/* cJSON's copies of key and tokens. */
static void wipe_tree(cJSON *tree)
{
	cJSON *item;

	cJSON_ArrayForEach(item, tree)
		if (cJSON_IsString(item))
			wipe(item->valuestring, strlen(item->valuestring));
	cJSON_Delete(tree);
}

static enum rc read_file(const char *dir, const struct client_config *config, struct signin **out, struct why *why)
{
	char *path = file_path(dir);
	struct signin *s = signin_new();
	const char *issuer, *client;
	cJSON *tree = NULL;
	struct buf text;
	enum rc rc = path && s ? check_dir(dir, why) : RC_NOMEM;

	*out = NULL;
	buf_init(&text, FILE_MAX);
	if (rc == RC_OK)
		rc = file_read_private(path, &text, why);
	if (rc == RC_DENIED)
		rc = RC_BAD;                             /* why says how others can read it */
	if (rc == RC_NOT_FOUND)
		rc = why_set(why, RC_NOT_FOUND, "not signed in; run: %s", profile_login());
	if (rc != RC_OK)
		goto out;
	tree = json_parse(buf_slice(&text));
	issuer = json_text(tree, "issuer");
	client = json_text(tree, "client_id");
	if (!issuer || !client)
		rc = why_set(why, RC_BAD, "%s: damaged; run: %s", path, profile_login());
	else if (strcmp(issuer, config->issuer) != 0 || strcmp(client, config->client_id) != 0)
		rc = why_set(why, RC_NOT_FOUND, "the sign-in is one at another provider than client.yaml names; run: %s", profile_login());
	else if (read_tree(tree, s) != RC_OK)
		rc = why_set(why, RC_BAD, "%s: damaged; run: %s", path, profile_login());
out:
	wipe_tree(tree);
	buf_free(&text);
	free(path);
	if (rc == RC_OK)
		*out = s;
	else
		signin_free(s);
	return rc;
}

/* ---- a program's token ------------------------------------------------------------------------------------------------------- */

/* Others may read it, as Kubernetes lays it down for the accounts of a pod; who may write it, says who the program is. Links are followed,
 * for that is how it is replaced there. */
static enum rc check_token_file(int fd, const char *path, struct why *why)
{
	struct stat st;

	if (fstat(fd, &st) != 0)
		return why_set(why, RC_IO, "%s: %s", path, strerror(errno));
	if (!S_ISREG(st.st_mode))
		return why_set(why, RC_BAD, "%s: must be a file", path);
	if ((st.st_uid != geteuid() && st.st_uid != 0) || st.st_mode & 022)
		return why_set(why, RC_BAD, "%s: must be yours or root's, and nobody else's to write; run: chmod go-w %s", path, path);
	return RC_OK;
}

/* For this provider and audience, in force, and no person's: those bind their key by a nonce, and are not to lie in files. An access token is
 * this client's own. */
static enum rc check_token(const struct client_config *config, struct slice text, struct why *why)
{
	struct jwt_expect expect = {.issuer = config->issuer, .now_s = clock_wall_s(), .leeway_s = LEEWAY_S};
	struct jwt jwt = {0};
	const char *client;
	enum rc rc = jwt_parse(text, &jwt, why);

	expect.kind = jwt.kind;
	expect.audience = config->audience ? config->audience : config->client_id;
	if (rc == RC_OK)
		rc = jwt_check(&jwt, &expect, why);
	client = jwt.kind == JWT_ACCESS ? json_text(jwt.claims, "client_id") : NULL;
	if (rc == RC_OK && client && strcmp(client, config->client_id) != 0)
		rc = why_set(why, RC_BAD, "it is the token of another client (client_id) than client.yaml names, %.200s", config->client_id);
	if (rc == RC_OK && json_text(jwt.claims, "nonce"))
		rc = why_set(why, RC_BAD, "it is the token of a person's sign-in; phigate login without --token-file is for people");
	jwt_free(&jwt);
	return rc == RC_OK || rc == RC_NOMEM ? rc : RC_BAD;
}

/* Whose token was there at the sign-in? Another's begins another sign-in, and never goes on with this one's sessions. */
static enum rc check_same(const struct signin *s, const struct oidc_claims *now, struct why *why)
{
	struct oidc_claims before = {0};
	enum rc rc = s->id_token.len ? oidc_read(buf_slice(&s->id_token), &before) : RC_OK;

	if (rc == RC_OK && before.subject && strcmp(before.subject, now->subject) != 0)
		rc = why_set(why, RC_BAD, "it is another program's than at the sign-in; run: %s --token-file FILE", profile_login());
	oidc_claims_free(&before);
	return rc;
}

enum rc signin_read_token(const struct client_config *config, const char *path, struct signin *s, struct why *why)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	char text[JWT_MAX + 2], expired[CLOCK_TEXT];
	struct oidc_claims claims = {0};
	struct slice token;
	ssize_t n = 0;
	enum rc rc;

	if (fd < 0)
		return why_set(why, errno == ENOENT ? RC_NOT_FOUND : RC_BAD, errno == ENOENT ? "%s: %s; when the token lies elsewhere now, run: %s --token-file FILE" :
			       "%s: %s", path, strerror(errno), profile_login());
	rc = check_token_file(fd, path, why);
	if (rc == RC_OK && (n = read(fd, text, sizeof text)) < 0)
		rc = why_set(why, RC_IO, "%s: %s", path, strerror(errno));
	close(fd);
	while (rc == RC_OK && n > 0 && (text[n - 1] == '\n' || text[n - 1] == '\r'))
		n--;
	token = (struct slice){text, (size_t)(n > 0 ? n : 0)};
	if (rc == RC_OK && (token.n > JWT_MAX || oidc_read(token, &claims) != RC_OK))
		rc = why_set(why, RC_BAD, "%s: holds no token (JWT)", path);
	if (rc == RC_OK && claims.expires_s <= clock_wall_s())
		rc = why_set(why, RC_NOT_FOUND, "%s: its token has expired at %s; who writes it there must renew it", path,
			     clock_text_s(claims.expires_s, expired));
	if (rc == RC_OK) {
		struct why told = {0};

		rc = check_token(config, token, &told);
		if (rc == RC_OK)
			rc = check_same(s, &claims, &told);
		if (rc != RC_OK)
			why_set(why, rc, "%s: %.500s", path, told.text);
	}
	buf_clear(&s->id_token);
	buf_clear(&s->login_token);
	if (rc == RC_OK)
		rc = buf_add_slice(&s->id_token, token);
	if (rc == RC_OK)
		rc = buf_add_slice(&s->login_token, token);
	if (rc == RC_OK)
		set_claims(s, &claims);
	wipe(text, sizeof text);
	oidc_claims_free(&claims);
	return rc;
}

/* ---- refreshing -------------------------------------------------------------------------------------------------------------- */

/* A refreshed token is of the same person, and brings the login's nonce or none (OpenID Connect Core 12.2). */
static enum rc check_refreshed(const struct client_config *config, const struct oidc_provider *provider, const struct signin *s,
			       const struct oidc_tokens *tokens, struct oidc_claims *out, struct why *why)
{
	struct oidc_claims login = {0};
	struct jwt jwt = {0};
	enum rc rc = jwt_parse(buf_slice(&s->login_token), &jwt, NULL);

	if (rc == RC_OK)
		rc = oidc_read(buf_slice(&s->login_token), &login);
	if (rc == RC_OK)
		rc = oidc_check(config, provider, buf_slice(&tokens->id_token), json_text(jwt.claims, "nonce"), out, why);
	if (rc == RC_OK && strcmp(out->subject, login.subject) != 0) {
		rc = why_set(why, RC_DENIED, "the refreshed token is another person's");
		oidc_claims_free(out);
	}
	oidc_claims_free(&login);
	jwt_free(&jwt);
	return rc;
}

static enum rc replace(struct buf *old, struct slice text)
{
	buf_clear(old);
	return buf_add_slice(old, text);
}

/* What came back for the refresh token, which is spent now. So the new one is stored before anything else can fail; and where the provider
 * gives no ID token that counts, none, as asking once more would not help. */
static enum rc take_refreshed(const char *dir, const struct client_config *config, const struct oidc_provider *provider, struct signin *s,
			      const struct oidc_tokens *tokens, struct why *why)
{
	struct oidc_claims claims = {0};
	enum rc rc = RC_OK;

	if (tokens->refresh_token.len) {
		rc = replace(&s->refresh_token, buf_slice(&tokens->refresh_token));
		if (rc == RC_OK)
			rc = write_file(dir, config, s, why);
	}
	if (rc == RC_OK && !tokens->id_token.len)
		rc = why_set(why, RC_DENIED, "the provider renews no ID token");
	if (rc == RC_OK)
		rc = check_refreshed(config, provider, s, tokens, &claims, why);
	if (rc == RC_DENIED) {
		enum rc stored;

		buf_clear(&s->refresh_token);
		stored = write_file(dir, config, s, why);
		rc = stored == RC_OK ? rc : stored;
	}
	if (rc == RC_OK)
		rc = replace(&s->id_token, buf_slice(&tokens->id_token));
	if (rc == RC_OK)
		rc = write_file(dir, config, s, why);
	if (rc == RC_OK)
		set_claims(s, &claims);
	oidc_claims_free(&claims);
	return rc;
}

/* With the lock. */
static enum rc refresh(const char *dir, const struct client_config *config, struct signin *s, struct why *why)
{
	struct oidc_provider provider = {0};
	struct oidc_tokens tokens;
	enum rc rc;

	if (!s->refresh_token.len)
		return why_set(why, RC_NOT_FOUND, "the sign-in has run out; run: %s", profile_login());
	oidc_tokens_init(&tokens);
	rc = oidc_discover(config, &provider, why);
	if (rc == RC_OK) {
		rc = oidc_refresh(config, &provider, buf_slice(&s->refresh_token), &tokens, why);
		if (rc == RC_OK)
			rc = take_refreshed(dir, config, &provider, s, &tokens, why);
		if (rc == RC_DENIED) {
			struct why told = *why;

			rc = why_set(why, RC_NOT_FOUND, "%.400s; run: %s", told.text, profile_login());
		}
	}
	oidc_tokens_free(&tokens);
	oidc_provider_free(&provider);
	return rc;
}

static bool lasts(const struct signin *s, int64_t min_valid_s)
{
	return s->expires_s > clock_wall_s() + min_valid_s;
}

/* Read again under the lock: another command may have refreshed in the meantime. */
static enum rc refresh_locked(const char *dir, const struct client_config *config, int64_t min_valid_s, struct signin **s, struct why *why)
{
	int fd = -1;
	enum rc rc = lock_dir(dir, &fd, why);

	signin_free(*s);
	*s = NULL;
	if (rc == RC_OK)
		rc = read_file(dir, config, s, why);
	if (rc == RC_OK && !lasts(*s, min_valid_s)) {
		struct why refused = {0};

		rc = refresh(dir, config, *s, &refused);
		if (lasts(*s, 0) && (rc == RC_UNREACHABLE || !(*s)->refresh_token.len))
			rc = RC_OK;                      /* what is there is good for now */
		else if (rc != RC_OK)
			*why = refused;
	}
	if (fd >= 0)
		close(fd);
	return rc;
}

enum rc signin_load(const struct client_config *config, int64_t min_valid_s, struct signin **out, struct why *why)
{
	char *dir = signin_dir(why);
	struct signin *s = NULL;
	enum rc rc = dir ? read_file(dir, config, &s, why) : RC_BAD;

	*out = NULL;
	if (rc == RC_NOT_FOUND && !why->text[0])
		why_set(why, rc, "not signed in; run: %s", profile_login());
	if (rc == RC_OK && s->token_file)
		rc = signin_read_token(config, s->token_file, s, why);
	else if (rc == RC_OK && !lasts(s, min_valid_s))
		rc = refresh_locked(dir, config, min_valid_s, &s, why);
	free(dir);
	if (rc == RC_OK)
		*out = s;
	else
		signin_free(s);
	return rc;
}

/* ---- storing and wiping -------------------------------------------------------------------------------------------------------- */

enum rc signin_store(const struct client_config *config, const struct signin *signin, struct why *why)
{
	char *dir = signin_dir(why);
	int fd = -1;
	enum rc rc = dir ? dir_make(dir, 0700, why) : RC_BAD;

	if (rc == RC_OK)
		rc = check_dir(dir, why);
	if (rc == RC_OK)
		rc = lock_dir(dir, &fd, why);
	if (rc == RC_OK)
		rc = write_file(dir, config, signin, why);
	if (fd >= 0)
		close(fd);
	free(dir);
	return rc;
}

/* Overwrite before unlinking: on many file systems the old bytes are gone then. */
static enum rc overwrite(const char *path, struct why *why)
{
	static const char zeros[4096];
	int fd = open(path, O_WRONLY | O_CLOEXEC | O_NOFOLLOW);
	struct stat st;
	enum rc rc = RC_OK;

	if (fd < 0)
		return errno == ENOENT ? RC_NOT_FOUND : why_set(why, RC_IO, "%s: %s", path, strerror(errno));
	if (fstat(fd, &st) != 0)
		rc = RC_IO;
	for (off_t at = 0; rc == RC_OK && at < st.st_size; at += (off_t)sizeof zeros)
		rc = fd_write_all(fd, zeros, st.st_size - at < (off_t)sizeof zeros ? (size_t)(st.st_size - at) : sizeof zeros);
	if (rc == RC_OK && fsync(fd) != 0)
		rc = RC_IO;
	close(fd);
	if (unlink(path) != 0 || rc != RC_OK)
		return why_set(why, RC_IO, "%s: cannot be wiped: %s", path, strerror(errno));
	return RC_OK;
}

/* Also what a command that died while it wrote has left beside the file. */
static enum rc overwrite_all(const char *dir, struct why *why)
{
	DIR *list = opendir(dir);
	struct dirent *entry;
	enum rc rc = list ? RC_NOT_FOUND : why_set(why, RC_IO, "%s: %s", dir, strerror(errno));

	while (list && (entry = readdir(list))) {
		char *path = strncmp(entry->d_name, FILE_NAME, sizeof FILE_NAME - 1) == 0 ? path_join(dir, entry->d_name) : NULL;
		enum rc one = path ? overwrite(path, why) : RC_NOT_FOUND;

		if (one != RC_NOT_FOUND && (rc == RC_NOT_FOUND || one != RC_OK))
			rc = one;
		free(path);
	}
	if (list)
		closedir(list);
	return rc;
}

enum rc signin_wipe(struct why *why)
{
	char *dir = signin_dir(why);
	int fd = -1;
	enum rc rc = dir ? check_dir(dir, why) : RC_BAD;

	if (rc == RC_OK)
		rc = lock_dir(dir, &fd, why);
	if (rc == RC_OK)
		rc = overwrite_all(dir, why);
	if (fd >= 0)
		close(fd);
	free(dir);
	return rc;
}

void signin_free(struct signin *s)
{
	if (!s)
		return;
	EVP_PKEY_free(s->key);
	buf_free(&s->id_token);
	buf_free(&s->login_token);
	buf_free(&s->refresh_token);
	free(s->token_file);
	free(s->user);
	text_list_free(&s->groups);
	free(s);
}
