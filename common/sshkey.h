/* OpenSSH's formats: public key lines, private key files, fingerprints, and user certificates over ECDSA P-256
 * (PROTOCOL.key, PROTOCOL.certkeys of OpenSSH). */
#ifndef PHIGATE_SSHKEY_H
#define PHIGATE_SSHKEY_H

#include <openssl/evp.h>
#include <stdint.h>

#include "buf.h"

/* RFC 4251 section 5 */
enum rc ssh_put_u32(struct buf *out, uint32_t v);
enum rc ssh_put_string(struct buf *out, struct slice s);
enum rc ssh_get_u32(struct slice *in, uint32_t *v) MUST_USE;             /* advances in; RC_BAD when it is too short */
enum rc ssh_get_string(struct slice *in, struct slice *s) MUST_USE;      /* borrowed from in */

/* Keys are EVP_PKEY: Ed25519 or EC P-256; the caller frees them. */
enum rc sshkey_generate_ed25519(EVP_PKEY **out) MUST_USE;
enum rc sshkey_generate_p256(EVP_PKEY **out) MUST_USE;
enum rc sshkey_public_blob(EVP_PKEY *key, struct buf *out) MUST_USE;     /* the wire form ("ssh-ed25519", …) */
enum rc sshkey_from_blob(struct slice blob, EVP_PKEY **out) MUST_USE;    /* RC_BAD for any other type */
enum rc sshkey_line(EVP_PKEY *key, const char *comment, struct buf *out) MUST_USE;       /* "ssh-ed25519 AAAA… comment\n" */
enum rc sshkey_parse_line(struct slice line, struct buf *blob) MUST_USE; /* type and base64 of a line; the comment is ignored */
void sshkey_fingerprint(struct slice blob, char out[64]);                /* "SHA256:" and unpadded base64 */
enum rc sshkey_public_der(EVP_PKEY *key, struct buf *out) MUST_USE;      /* SubjectPublicKeyInfo, uncompressed point */
enum rc sshkey_from_der(struct slice der, EVP_PKEY **out) MUST_USE;      /* P-256 only; RC_BAD */

/* Unencrypted openssh-key-v1 files, Ed25519 (what ssh-keygen -t ed25519 -N '' writes). */
enum rc sshkey_write_private(EVP_PKEY *key, const char *comment, struct buf *out) MUST_USE;
enum rc sshkey_read_private(struct slice text, EVP_PKEY **out, struct why *why) MUST_USE;

/* ---- the tunnel credential (design: identity): a certificate over a P-256 key, signed by that key ---- */
struct sshcert {
	struct buf key_der;                      /* SubjectPublicKeyInfo of the certified key */
	uint64_t valid_after_s, valid_before_s;
	struct buf id_token, login_token;        /* extensions id-token@phigate and login-token@phigate; empty when absent */
};
/* The certificate blob ("ecdsa-sha2-nistp256-cert-v01@openssh.com"). */
enum rc sshcert_make(EVP_PKEY *key, struct slice id_token, struct slice login_token, uint64_t valid_after_s,
		     uint64_t valid_before_s, struct buf *blob) MUST_USE;
/* Strict: user certificate, principal phigate and no other, no critical option, signed by its own key, no trailing bytes.
 * Other extensions are passed over: sshd's own configuration grants nothing by them. RC_BAD with the reason. */
enum rc sshcert_read(struct slice blob, struct sshcert *out, struct why *why) MUST_USE;
void sshcert_free(struct sshcert *cert);

/* ---- proof of possession on a control channel ---- */
/* DER ECDSA-Sig-Value, SHA-256, over "phigate-control-v1\n" challenge "\n" fingerprint. */
enum rc possession_sign(EVP_PKEY *key, const char *challenge, const char *fingerprint, struct buf *sig_der) MUST_USE;
enum rc possession_verify(struct slice key_der, const char *challenge, const char *fingerprint, struct slice sig_der) MUST_USE;

#endif
