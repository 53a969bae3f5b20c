#include "sshd_config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* DisableForwarding must stay out, it ends local forwarding too. No Subsystem, AcceptEnv, Include or Match. Per connection, on the
 * command line: VersionAddendum, PermitOpen, AuthorizedKeysCommand. */
static const struct {
	const char *key, *value;
} TABLE[] = {
	{"HostKey", "@host_key@"},
	{"PidFile", "none"},
	{"StrictModes", "no"},
	{"UsePAM", "no"},
	{"UseDNS", "no"},
	{"DebianBanner", "no"},
	{"Banner", "none"},
	{"PrintMotd", "no"},
	{"PrintLastLog", "no"},
	{"TCPKeepAlive", "yes"},
	{"Compression", "no"},
	/* its lines are counted, never copied: they hold what the caller wrote into the certificate */
	{"LogLevel", "INFO"},
	{"HostKeyAlgorithms", "ssh-ed25519"},
	{"KexAlgorithms", "curve25519-sha256,curve25519-sha256@libssh.org"},
	/* no chacha20, no ETM: neither Terrapin (CVE-2023-48795), nor a list that libssh2 1.10 cannot meet */
	{"Ciphers", "aes256-gcm@openssh.com,aes128-gcm@openssh.com,aes256-ctr,aes128-ctr"},
	{"MACs", "hmac-sha2-256,hmac-sha2-512"},
	{"RekeyLimit", "default none"},
	{"AllowUsers", "@user@"},
	{"PermitRootLogin", "no"},
	{"AuthenticationMethods", "publickey"},
	{"PubkeyAuthentication", "yes"},
	{"PubkeyAcceptedAlgorithms", "ecdsa-sha2-nistp256-cert-v01@openssh.com"},
	{"CASignatureAlgorithms", "ecdsa-sha2-nistp256"},
	{"AuthorizedKeysFile", "none"},
	{"AuthorizedPrincipalsFile", "none"},
	{"TrustedUserCAKeys", "none"},
	{"AuthorizedKeysCommandUser", "@user@"},
	{"PasswordAuthentication", "no"},
	{"KbdInteractiveAuthentication", "no"},
	{"HostbasedAuthentication", "no"},
	{"GSSAPIAuthentication", "no"},
	{"KerberosAuthentication", "no"},
	{"PermitEmptyPasswords", "no"},
	{"IgnoreRhosts", "yes"},
	{"MaxAuthTries", "1"},
	{"LoginGraceTime", "15"},
	{"ExposeAuthInfo", "no"},
	{"AllowTcpForwarding", "local"},
	{"PermitListen", "none"},
	{"GatewayPorts", "no"},
	{"AllowStreamLocalForwarding", "no"},
	{"StreamLocalBindUnlink", "no"},
	{"AllowAgentForwarding", "no"},
	{"X11Forwarding", "no"},
	{"PermitTunnel", "no"},
	{"PermitTTY", "no"},
	{"PermitUserRC", "no"},
	{"PermitUserEnvironment", "no"},
	/* `restrict` stops no command, and the caller writes his own certificate: no session channel at all, and a command that does
	 * nothing should one come about */
	{"MaxSessions", "0"},
	{"ForceCommand", "/bin/false"},
	{"ClientAliveInterval", "15"},
	{"ClientAliveCountMax", "3"},
	{"UnusedConnectionTimeout", "60"},
};

enum rc sshd_config_text(const char *host_key_file, const char *user, struct buf *out)
{
	for (size_t i = 0; i < sizeof TABLE / sizeof *TABLE; i++) {
		if (strcmp(TABLE[i].value, "@host_key@") == 0)
			buf_printf(out, "%s \"%s\"\n", TABLE[i].key, host_key_file);
		else
			buf_printf(out, "%s %s\n", TABLE[i].key, strcmp(TABLE[i].value, "@user@") == 0 ? user : TABLE[i].value);
	}
	return out->rc;
}

const char *sshd_program(void)
{
	static const char *const places[] = {"/usr/sbin/sshd", "/usr/local/sbin/sshd", "/sbin/sshd", "/usr/bin/sshd"};

	for (size_t i = 0; i < sizeof places / sizeof *places; i++)
		if (access(places[i], X_OK) == 0)
			return places[i];
	return NULL;
}

static char *print(const char *fmt, ...) PRINTF_LIKE(1, 2);

static char *print(const char *fmt, ...)
{
	va_list args;
	char *text;
	int n;

	va_start(args, fmt);
	n = vasprintf(&text, fmt, args);
	va_end(args);
	return n < 0 ? NULL : text;
}

/* The command must be root-owned, which env is and our program may not be; sshd clears its environment, so all that `authorize`
 * must know stands here. %t and %k are the certificate's type and blob. */
enum rc sshd_command_make(const struct sshd_settings *s, const char *id, struct sshd_command *out)
{
	char *argv[] = {
		strdup(s->sshd), strdup("-i"), strdup("-e"), strdup("-f"), strdup(s->config_file),
		strdup("-o"), print("VersionAddendum=phigate/1:%d %s", s->port, id),
		strdup("-o"), print("PermitOpen=127.0.0.1:%d", s->port),
		strdup("-o"), print("AuthorizedKeysCommand=/usr/bin/env \"%s\" authorize \"%s\" %s %%t %%k", s->agent,
				    s->authorize_socket, id),
	};
	size_t n = sizeof argv / sizeof *argv;
	bool whole = true;

	*out = (struct sshd_command){0};
	memcpy(out->argv, argv, sizeof argv);
	for (size_t i = 0; i < n; i++)
		whole = whole && argv[i];
	if (whole)
		return RC_OK;
	for (size_t i = 0; i < n; i++)
		free(argv[i]);
	*out = (struct sshd_command){0};
	return RC_NOMEM;
}

void sshd_command_free(struct sshd_command *command)
{
	for (size_t i = 0; command->argv[i]; i++)
		free(command->argv[i]);
	*command = (struct sshd_command){0};
}
