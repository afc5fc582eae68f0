# SPDX-License-Identifier: ISC
# The CA itself: its key and certificate, intermediates below it, and what follows it.
# shellcheck shell=bash disable=SC2004,SC2015,SC2034,SC2154 # given[NAME] is no arithmetic; `a && b || die` is meant; the parts share their variables

cmd_init() {
	no_argument
	[ -z "${given[--intermediate]-}" ] || { init_intermediate "${given[--intermediate]}"; return; }
	[ "${#permits[@]}" -eq 0 ] || usage_error '--permit belongs to --intermediate'
	check_days "${given[--days]:-${setting[ca-days]:-3650}}" --days
	parse_subject "${given[--subject]:-$(default_subject "$HOSTNAME CA")}"
	begin may-make
	must_be_new ca.key ca.cer ca.p12 index.txt index.txt.attr issued
	get_password --pass-file CA_PASSWORD 'pass phrase of ca.key' 4
	get_p12_password
	make_root
	make_database "$work/new"
	commit
	say_authority 'The CA is made' "$dir" "$for_trust"
	[ ! -f "$here/../Makefile" ] || [[ $(cd -P -- "$dir" && pwd -P)/ != "$(cd -P -- "$here/.." && pwd -P)"/* ]] ||
		say 'Note: keep a CA outside of the source tree, where no checkout or clean-up reaches it: --dir DIR'
	hint_new_key
}

# Which file goes where. An anchor below an anchor would be trusted whatever the root says of it, so --ca takes the root alone.
for_trust=', for peercert --ca and for the front server'
say_authority() {
	tell "$1: $(shown_name_of x509 "$2/ca.cer"), until $(iso_time "$(end_of "$2/ca.cer")")" \
		"  $2/ca.key  its key: keep it and its pass phrase safe, and apart" \
		"  $2/ca.cer  its certificate$3" \
		"  $2/ca.p12  the same certificate as PKCS#12, without the key"
}

# The password of ca.p12, which holds nothing secret.
get_p12_password() {
	local kept=$password
	p12_password=password
	if [ -n "${given[--p12-pass-file]-}${environment[CA_P12_PASSWORD]+set}" ]; then
		get_password --p12-pass-file CA_P12_PASSWORD 'password of ca.p12' 1
		p12_password=$password
	fi
	password=$kept
}

# A new key and its own certificate, into the staging folder.
make_root() {
	make_key "$work/new/ca.key"
	new_serial
	ssl 'make the certificate' req -config "$config" -x509 -new -key "$work/new/ca.key" -passin fd:3 \
		-utf8 -subj "$subject" -days "${given[--days]:-${setting[ca-days]:-3650}}" -set_serial "0x$serial" -out "$work/new/ca.cer" 3< <(printf '%s\n' "$password")
	pack_ca "$work/new"
}

pack_ca() {
	ssl 'make ca.p12' pkcs12 -export -nokeys -in "$1/ca.cer" -caname 'CA certificate' -passout fd:3 \
		-out "$1/ca.p12" 3< <(printf '%s\n' "$p12_password")
	chmod 0644 "$1"/ca.{cer,p12} || cannot_write
}

make_database() {
	: >"$1/index.txt" && printf 'unique_subject = no\n' >"$1/index.txt.attr" && chmod 0644 "$1"/index.txt{,.attr} ||
		cannot_write
}

# An intermediate CA in a folder of its own below this one, which can then be moved to where it is needed.
init_intermediate() {
	local name=$1 days=${given[--days]:-${setting[intermediate-days]:-1825}} lines=() start end own ca_password below
	check_name "$name"
	check_days "$days" --days
	parse_subject "${given[--subject]:-$(default_subject "$name CA")}"
	[ "${#permits[@]}" -eq 0 ] || { lines[0]=$(permit_line) || exit; }
	start=$EPOCHSECONDS end=$((start + days * 86400))
	begin
	must_be_ca
	must_be_new "$name"
	! openssl x509 -in "$dir/ca.cer" -noout -ext basicConstraints 2>/dev/null | matches 'pathlen:0$' ||
		die 'the CA here is an intermediate itself, and may have no other below it (pathlen:0)'
	cut_to_ca "${given[--days]-quietly}"
	below=$work/new/$name
	get_ca_password
	ca_password=$password
	get_password --key-pass-file CA_KEY_PASSWORD "pass phrase of $name/ca.key" 4
	get_p12_password
	mkdir -- "$below" || cannot_write
	make_key "$below/ca.key"
	ssl 'make the request' req -config "$config" -new -key "$below/ca.key" -passin fd:3 -utf8 -subj "$subject" \
		-out "$work/request" 3< <(printf '%s\n' "$password")
	password=$ca_password
	stage_database
	prepare_config intermediate_certificate "${lines[@]}"
	subject=''
	sign_staged intermediate_certificate "$start" "$end" "$below/ca.cer"
	keep_database
	pack_ca "$below"
	make_database "$below"
	own=$dir/ca.cer
	[ ! -f "$dir/ca-chain.cer" ] || own=$dir/ca-chain.cer
	cat -- "$below/ca.cer" "$own" >"$below/ca-chain.cer" && chmod 0644 "$below/ca-chain.cer" || cannot_write
	commit
	say_authority 'The intermediate CA is made' "$dir/$name" ', for peercert --intermediates'
	tell "  $dir/$name/ca-chain.cer  its certificate and those above it up to the root, for front servers that take one file (lighttpd)" \
		"Give the root alone to peercert --ca. peercert checks a file with both as a path as well: what the root revokes or" \
		'limits counts for the intermediate CA too.' \
		"Sign with: $self sign FILE.req --dir $dir/$name"
	hint_new_key
}

# A new certificate for the CA. With the same key what it signed stays good as it is. With a new key both are trusted for a while:
# ca-bundle.cer holds the new and the old one, and ca-cross.cer, the new one signed by the old, leads whoever trusts the old
# one alone to what the new one signs.
cmd_rollover() {
	local number=1
	no_argument
	[ -z "${given[--same-key]-}" ] || [ -z "${given[--key]-}${given[--subject]-}${given[--finish]-}" ] ||
		usage_error '--same-key goes with no --key, --subject or --finish'
	check_days "${given[--days]:-${setting[ca-days]:-3650}}" --days
	subject=''
	[ -z "${given[--subject]-}" ] || parse_subject "${given[--subject]}"
	begin
	must_be_ca
	is_self_signed "$dir/ca.cer" || die 'the CA here is an intermediate: make another with init --intermediate, in the folder of the root'
	while [ -e "$dir/ca.$number.cer" ] || [ -e "$dir/ca.$number.key" ]; do number=$((number + 1)); done
	if [ -n "${given[--finish]-}" ]; then finish_rollover
	elif [ -n "${given[--same-key]-}" ]; then renew_root "$number"
	else follow_root "$number"; fi
}

keep_former() { cp -- "$dir/$1" "$work/new/$2" && chmod "$3" "$work/new/$2" || cannot_write; }

renew_root() {
	agree "Make a new ca.cer for the same key, for ${given[--days]:-${setting[ca-days]:-3650}} days?" 'ca.cer stays as it is'
	get_ca_password
	get_p12_password
	new_serial
	ssl 'make the certificate' x509 -in "$dir/ca.cer" -signkey "$dir/ca.key" -passin fd:3 -set_serial "0x$serial" \
		-days "${given[--days]:-${setting[ca-days]:-3650}}" -out "$work/new/ca.cer" 3< <(printf '%s\n' "$password")
	pack_ca "$work/new"
	keep_former ca.cer "ca.$1.cer" 0644
	[ ! -f "$dir/ca-bundle.cer" ] || stage_bundle
	commit
	say_authority 'The CA is renewed with the same key' "$dir" "$for_trust"
	tell "  $dir/ca.$1.cer  the former certificate" \
		'What was signed stays good. Hand the new ca.cer to the front server and to peercert before the former one ends.'
	say_chains
}

follow_root() {
	local number=$1 start end
	agree 'Make a new CA with a new key, to be trusted beside the one that is here?' 'nothing was made'
	if is_encrypted "$dir/ca.key"; then get_ca_password; else get_password --pass-file CA_PASSWORD 'pass phrase of the new ca.key' 4; fi
	get_p12_password
	[ -n "$subject" ] || { parse_subject "$(name_of x509 "$dir/ca.cer")" || exit; }
	make_root
	[ -n "${given[--subject]-}" ] || [ "$(hash_of "$dir/ca.cer")" = "$(hash_of "$work/new/ca.cer")" ] ||
		die "the subject of the CA here cannot be written again: give one with --subject"
	keep_former ca.key "ca.$number.key" 0600
	keep_former ca.cer "ca.$number.cer" 0644
	ssl 'make the request' req -config "$config" -new -key "$work/new/ca.key" -passin fd:3 -utf8 -subj "$subject" \
		-out "$work/request" 3< <(printf '%s\n' "$password")
	stage_database
	prepare_config cross_certificate
	subject=''
	start=$EPOCHSECONDS end=$(end_of "$work/new/ca.cer")
	cut_to_ca quietly
	sign_staged cross_certificate "$start" "$end" "$work/new/ca-cross.cer"
	stage_bundle "ca.$number"
	restage_crls
	keep_database
	commit
	say_authority 'The CA that follows is made' "$dir" ''
	tell "  $dir/ca-bundle.cer  both CAs: for peercert --ca and for the front server until the former one has gone" \
		"  $dir/ca-cross.cer  the new one signed by the former, for --intermediates where the former one alone is trusted" \
		"  $dir/ca.$number.key, ca.$number.cer  the former one, whose key still signs its CRL (the same pass phrase)" \
		"Sign what is still in use again ($self renew), then: $self rollover --finish"
	say_chains
}

# The new ca.cer and those that it followed and that are still trusted.
stage_bundle() {
	local name
	{
		openssl x509 -in "$work/new/ca.cer"
		[ -z "${1-}" ] || openssl x509 -in "$work/new/$1.cer"
		[ ! -f "$dir/ca-bundle.cer" ] || while read -r name; do
			[ "$name" = ca ] || openssl x509 -in "$dir/$name.cer"
		done < <(work=$dir/none crl_signers)
	} >"$work/new/ca-bundle.cer" && chmod 0644 "$work/new/ca-bundle.cer" || cannot_write
}

# CRLs that are in use go on, with the keys that count from now on.
restage_crls() {
	local lifetime ahead
	[ -f "$dir/ca.crls" ] || return 0
	read_crl_settings
	sign_crls "$lifetime" "$ahead"
}

say_chains() {
	local file
	for file in "$dir"/*/ca-chain.cer; do
		[ ! -f "$file" ] || say "Note: $file holds the former certificate of the root"
	done
}

finish_rollover() {
	local name left=0 former=() keys=''
	[ ! -f "$dir/ca-bundle.cer" ] || readarray -t former < <(crl_signers | grep -vx ca)
	[ "${#former[@]}" -ne 0 ] || die 'no rollover is under way'
	for name in "${former[@]}"; do left=$((left + $(count_live_of "$name"))); done
	agree "Certificates of the former CA that are still in use: $left. They will no longer be valid. Finish?" 'the former CA stays'
	[ ! -f "$dir/ca.crls" ] || get_ca_password
	keep_former ca.cer ca-bundle.cer 0644
	stage_database
	restage_crls
	commit
	for name in "${former[@]}"; do keys+=" $dir/$name.key"; done
	tell "The rollover is finished: $dir/ca-bundle.cer holds the new CA alone. Certificates that are no longer valid: $left" \
		"Destroy:$keys" \
		'Hand ca-bundle.cer and ca.crl to peercert and the front server again.'
}

# How many certificates that live were signed by a former CA.
count_live_of() {
	awk -F '\t' -v now="$(iso_time "$EPOCHSECONDS")" "$awk_iso"'$1 == "V" && iso($2) > now && $4 ~ /^[0-9A-F]+$/ { print $4 }' "$dir/index.txt" |
		while read -r serial; do
			[ ! -f "$dir/issued/$serial.pem" ] || cmp -s -- "$dir/issued/$serial.pem" "$dir/ca-cross.cer" || printf '%s\0' "$dir/issued/$serial.pem"
		done | xargs -0r openssl verify -no_check_time -partial_chain -trusted "$dir/$1.cer" -no-CApath -no-CAstore 2>/dev/null |
		grep -c ': OK$'
}
