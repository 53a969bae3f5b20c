/* The tunnel alone: phigate's SSH client against an sshd that forwards to one port, without the agent behind it.
 * Usage: carry USER SSHD_PORT HOST_KEY AUTHORIZED_KEYS TIMES; adds the key that it makes to AUTHORIZED_KEYS, opens and closes TIMES
 * tunnels, prints {"setup_ms":[…],"port":N}, and carries what connects to that port of 127.0.0.1 until stdin ends. sshd's banner must
 * be an agent's: "phigate/1:PORT ID". */
#include "note.h"

#include <arpa/inet.h>
#include <sys/socket.h>

#include "clock.h"
#include "encode.h"
#include "sshkey.h"
#include "tunnel.h"

/* A token of the size that providers make; sshd passes it over. */
static void make_token(struct buf *token)
{
	char claims[1024];
	int n = snprintf(claims, sizeof claims, "{\"iss\":\"https://idp.example.org\",\"sub\":\"alice\",\"exp\":%lld,\"padding\":\"%0600d\"}",
			 (long long)clock_wall_s() + 3600, 0);

	buf_init(token, 8192);
	base64url_encode("{\"alg\":\"RS256\",\"kid\":\"bench\"}", 29, token);
	buf_putc(token, '.');
	base64url_encode(claims, (size_t)n, token);
	buf_putc(token, '.');
	base64url_encode(claims, 256, token);
}

static void authorize(EVP_PKEY *key, const char *path)
{
	struct buf line;
	FILE *f = fopen(path, "a");

	buf_init(&line, 1024);
	if (!f || sshkey_line(key, "carry", &line) != RC_OK)
		die(path);
	fprintf(f, "cert-authority,principals=\"phigate\" %s", line.data);
	if (fclose(f) != 0)
		die(path);
	buf_free(&line);
}

static struct tunnel *open_one(const struct agent_entry *agent, const struct signin *signin, double *ms)
{
	struct why why = {0};
	struct tunnel *t = NULL;
	int64_t from = now_ns();
	char text[1024];

	if (tunnel_open(agent, signin, 10, -1, &t, &why) != RC_OK) {
		fprintf(stderr, "carry: %s\n", why_text(&why, text, sizeof text));
		exit(1);
	}
	*ms = (double)(now_ns() - from) / 1e6;
	return t;
}

static int listen_somewhere(int *port)
{
	struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t n = sizeof at;
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	if (fd < 0 || bind(fd, (struct sockaddr *)&at, sizeof at) != 0 || listen(fd, 64) != 0 ||
	    getsockname(fd, (struct sockaddr *)&at, &n) != 0)
		die("listen");
	*port = ntohs(at.sin_port);
	return fd;
}

static int serve(struct tunnel *t, int listener)
{
	struct pollfd watch[2] = {{listener, POLLIN, 0}, {0, POLLIN | POLLHUP, 0}};
	struct why why = {0};

	for (;;) {
		enum rc rc = tunnel_run(t, watch, 2, -1, &why);
		int fd;

		if (rc != RC_OK) {
			fprintf(stderr, "carry: the tunnel ends: %s\n", rc_name(rc));
			return 1;
		}
		if (watch[1].revents)
			return 0;
		fd = watch[0].revents ? accept(listener, NULL, NULL) : -1;
		if (fd >= 0 && tunnel_carry(t, fd, CARRY_PLAIN, (struct slice){0}) != RC_OK)
			return 1;
	}
}

int main(int argc, char **argv)
{
	struct agent_entry agent = {.name = "bench"};
	struct signin signin = {0};
	struct tunnel *t = NULL;
	char address[32];
	double ms;
	int listener, port, rc;

	if (argc != 6)
		return 2;
	snprintf(address, sizeof address, "127.0.0.1:%s", argv[2]);
	agent.user = argv[1];
	agent.address = address;
	agent.host_keys = (struct text_list){&argv[3], 1};
	if (sshkey_generate_p256(&signin.key) != RC_OK)
		return 1;
	make_token(&signin.id_token);
	signin.expires_s = clock_wall_s() + 3600;
	authorize(signin.key, argv[4]);
	listener = listen_somewhere(&port);
	printf("{\"setup_ms\":[");
	for (int i = 0, n = atoi(argv[5]); i < n; i++) {
		tunnel_close(t);
		t = open_one(&agent, &signin, &ms);
		printf("%s%.1f", i ? "," : "", ms);
	}
	printf("],\"port\":%d}\n", port);
	fflush(stdout);
	rc = serve(t, listener);
	tunnel_close(t);
	buf_free(&signin.id_token);
	EVP_PKEY_free(signin.key);
	return rc;
}
