# SPDX-License-Identifier: ISC
# Another pass phrase for the CA's key.
# shellcheck shell=bash disable=SC2004,SC2015,SC2034,SC2154 # given[NAME] is no arithmetic; `a && b || die` is meant; the parts share their variables

# The keys of the CAs that this one follows have the same pass phrase, and change with it.
cmd_passwd() {
	local name old new names=()
	no_argument
	begin
	must_be_ca
	get_ca_password
	old=$password
	get_password --new-pass-file CA_NEW_PASSWORD 'pass phrase of ca.key' 4
	new=$password
	readarray -t names < <(crl_signers)
	for name in "${names[@]}"; do
		ssl "open $name.key" pkcs8 -topk8 -v2 aes-256-cbc -v2prf hmacWithSHA256 -iter 200000 -in "$dir/$name.key" -passin fd:3 \
			-passout fd:4 -out "$work/new/$name.key" 3< <(printf '%s\n' "$old") 4< <(printf '%s\n' "$new")
		[ "$(openssl pkey -in "$work/new/$name.key" -passin fd:3 -pubout 2>/dev/null 3< <(printf '%s\n' "$new"))" = "$(public_key_of x509 "$dir/$name.cer")" ] ||
			die "$name.key is not the key of $name.cer: nothing was changed"
		chmod 0600 "$work/new/$name.key" || cannot_write
	done
	commit
	tell "The pass phrase was changed: ${names[*]/%/.key}" \
		'Copies of the key still open with the former one: destroy them, or change those too.'
}
