# SPDX-License-Identifier: ISC
# Taking certificates back: revoke, and the CRLs that say so.
# shellcheck shell=bash disable=SC2004,SC2015,SC2034,SC2154 # given[NAME] is no arithmetic; `a && b || die` is meant; the parts share their variables

# RFC 5280 5.3.1, as openssl writes them. unspecified is better left out, and so it is.
reasons='unspecified keyCompromise CACompromise affiliationChanged superseded cessationOfOperation certificateHold'

check_reason() {
	local known
	for known in $reasons; do
		[ "${1,,}" != "${known,,}" ] || { reason=$known; return; }
	done
	case ${1,,} in
		privilegewithdrawn | aacompromise) usage_error "--reason $1: OpenSSL cannot write that one; the reasons are $reasons" ;;
		removefromcrl) usage_error "--reason $1: that is for delta CRLs, which this kit does not make: $self release ends a hold" ;;
		*) usage_error "--reason $1: the reasons are $reasons" ;;
	esac
}

# begin_on CERTIFICATE: sets the caller's target, lifetime and ahead, and stages the database.
begin_on() {
	begin
	must_be_ca
	read_crl_settings
	stage_database
	find_certificate "$1"
	find_row
	target=$serial
}

# commit_crls WORD: signs the lists of the staged database and says what happened to the target.
commit_crls() {
	sign_crls "$lifetime" "$ahead"
	keep_database
	commit
	say_crls "$1: $target"
	show_live "$target"
}

cmd_revoke() {
	local reason='' target lifetime ahead
	one_argument 'FILE.cer, NAME or a SERIAL number'
	[ -z "${given[--reason]-}" ] || check_reason "${given[--reason]}"
	begin_on "${args[0]}"
	# RFC 5280 5.3.1: a hold may become final. Nothing else is said twice.
	[ "$row_status" != R ] || { [[ $row_revoked == *certificateHold ]] && [[ -n $reason && $reason != certificateHold ]]; } ||
		die "the certificate $target is revoked already: $row_revoked"
	say "The certificate $target" "  of:    $row_subject" "  until: $row_end"
	if [ "$reason" = certificateHold ]; then agree "Put it on hold? $self release ends that." 'not revoked'
	else agree "Revoke it${reason:+ ($reason)}? That cannot be undone." 'not revoked'; fi
	get_ca_password
	[ "$reason" != unspecified ] || reason=''
	set_row "$target" R "$(date -u +%y%m%d%H%M%SZ)${reason:+,$reason}"
	commit_crls "Revoked"
}

# set_row SERIAL STATUS REVOKED: what the staged database says of a certificate.
set_row() {
	awk -F '\t' -v OFS='\t' -v serial="$1" -v status="$2" -v entry="$3" '$4 "" == serial { $1 = status; $3 = entry } 1' \
		"$work/index.txt" >"$work/index.new" && mv -- "$work/index.new" "$work/index.txt" || cannot_write
}

# RFC 5280 5.3.1: a hold ends when the next complete CRL leaves the certificate out.
cmd_release() {
	local target lifetime ahead
	one_argument 'FILE.cer, NAME or a SERIAL number'
	begin_on "${args[0]}"
	[ "$row_status" = R ] || die "the certificate $target is not revoked"
	[[ $row_revoked == *' certificateHold' ]] || die "the certificate $target is revoked for good, and only a hold can end: $row_revoked"
	say "The certificate $target" "  of:    $row_subject" "  until: $row_end" "  on hold since ${row_revoked%% *}"
	agree 'End the hold, so that it is valid again?' 'still on hold'
	get_ca_password
	set_row "$target" V ''
	commit_crls "Released"
}

cmd_crl() {
	local lifetime ahead
	no_argument
	if [ -n "${given[--install]-}" ]; then
		[ -z "${given[--days]-}${given[--hours]-}${given[--ahead]-}" ] || usage_error '--install takes what was signed before: no --days, --hours or --ahead'
		install_crls
		return
	fi
	[ -z "${given[--days]-}" ] || [ -z "${given[--hours]-}" ] || usage_error '--days and --hours say the same thing: give one of them'
	[ -z "${given[--days]-}" ] || check_number "${given[--days]}" --days 1 3650
	[ -z "${given[--hours]-}" ] || check_number "${given[--hours]}" --hours 1 87600
	[ -z "${given[--ahead]-}" ] || check_number "${given[--ahead]}" --ahead 0 520
	begin
	must_be_ca
	read_crl_settings
	[ -z "${given[--days]-}" ] || lifetime=$((given[--days] * 86400))
	[ -z "${given[--hours]-}" ] || lifetime=$((given[--hours] * 3600))
	ahead=${given[--ahead]:-$ahead}
	stage_database
	get_ca_password
	sign_crls "$lifetime" "$ahead"
	commit
	say_crls 'The CRL is signed'
}

# How long each CRL is good, in seconds, and how many are signed ahead: as the last time.
read_crl_settings() {
	local line
	lifetime=$((${setting[crl-days]:-30} * 86400)) ahead=0
	[ -f "$dir/ca.crls" ] || return 0
	IFS= read -r line <"$dir/ca.crls" || die "cannot read $dir/ca.crls"
	[[ $line =~ ^'# lifetime '([1-9][0-9]{0,9})' ahead '(0|[1-9][0-9]{0,2})' (written by '.*\)$ ]] ||
		die "$dir/ca.crls is damaged at line 1: move it away, and sign CRLs anew with $self crl --days N --ahead N"
	lifetime=${BASH_REMATCH[1]} ahead=${BASH_REMATCH[2]}
	check_series
	[[ $lifetime -le 315360000 && $ahead -le 520 ]] || die "$dir/ca.crls is damaged at line 1: no such lifetime or number"
}

# ca.crls is data that somebody may have edited: comments, lines that say when each CRL is due, and PEM.
check_series() {
	local line
	line=$(awk '!/^#/ && !/^CRL ca(\.[0-9]+)? [0-9A-Fa-f]+ [0-9]+ [0-9]+$/ && !/^-----(BEGIN|END) X509 CRL-----$/ && !/^[A-Za-z0-9+\/=]+$/ { print NR; exit }
		/^CRL / && (length($4) > 12 || length($5) > 12) { print NR; exit }' "$dir/ca.crls") || die "cannot read $dir/ca.crls"
	[ -z "$line" ] || die "$dir/ca.crls is damaged at line $line: sign CRLs anew with $self crl --days N --ahead N, after moving it away"
}

# The CA's names that CRLs are signed for: ca, and those it followed (ca.1, ...) while they are trusted in ca-bundle.cer.
crl_signers() {
	local file name bundle
	printf 'ca\n'
	bundle=$(cat -- "$(staged ca-bundle.cer)" 2>/dev/null | tr -d '\n')
	for file in "$dir"/ca.[0-9]*.key "$work"/new/ca.[0-9]*.key; do
		name=$(basename -- "$file" .key)
		[[ $name =~ ^ca\.[0-9]+$ ]] || continue
		[ -f "$file" ] && [[ $bundle == *"$(openssl x509 -in "$(staged "$name.cer")" | tr -d '\n')"* ]] && printf '%s\n' "$name"
	done
	return 0
}

# Where a file of the folder will come from when the change under way holds.
staged() { if [ -e "$work/new/$1" ]; then printf '%s\n' "$work/new/$1"; else printf '%s\n' "$dir/$1"; fi; }

# sign_crls LIFETIME AHEAD: signs a CRL of the staged database, and AHEAD later ones, with each of the CA's keys. Each begins
# when three quarters of the one before are over, so that there is time to put it in force. ca.crls holds all of them, ca.crl
# what is due now. Numbers only grow (RFC 5280 5.2.3), so whatever is signed later replaces what was signed ahead.
sign_crls() {
	local lifetime=$1 ahead=$2 now from number name i
	now=$EPOCHSECONDS
	if [ -f "$dir/crlnumber" ]; then cp -- "$dir/crlnumber" "$work/crlnumber"
	elif [ -f "$dir/ca.crl" ]; then die "$dir/crlnumber is lost (ca.crl is there): write the number after its own into it, in hexadecimal"
	else printf '01\n' >"$work/crlnumber"; fi || die "cannot read $dir/crlnumber"
	grep -qxE '([0-9A-Fa-f]{2}){1,20}' -- "$work/crlnumber" && [ "$(grep -c '' "$work/crlnumber")" -eq 1 ] ||
		die "$dir/crlnumber is damaged: it holds the number of the next CRL alone, in hexadecimal, with an even number of digits"
	printf '# lifetime %d ahead %d (written by ca crl)\n' "$lifetime" "$ahead" >"$work/new/ca.crls"
	for ((i = 0; i <= ahead; i++)); do
		from=$((now + i * lifetime * 3 / 4))
		while read -r name; do
			read -r number <"$work/crlnumber"
			CA_DIR=$work ssl 'sign the CRL' ca -config "$config" -gencrl -cert "$(staged "$name.cer")" -keyfile "$(staged "$name.key")" \
				-passin fd:3 -crl_lastupdate "$(utc_time "$from")" -crl_nextupdate "$(utc_time $((from + lifetime)))" \
				-out "$work/crl" 3< <(printf '%s\n' "$password")
			printf 'CRL %s %s %d %d\n' "$name" "$number" "$from" $((from + lifetime)) | cat - "$work/crl" >>"$work/new/ca.crls" ||
				cannot_write
		done < <(crl_signers)
	done
	mv -- "$work/crlnumber" "$work/new/" || cannot_write
	stage_due "$work/new/ca.crls" "$now"
	chmod 0644 "$work"/new/{ca.crls,crlnumber} || cannot_write
}

# The CRLs of a series that are due: of each signer the last that has begun.
due_crls() {
	awk -v now="$2" '
		/^CRL / { due = $4 <= now; name = $2; if (due) { if (!(name in text)) order[++n] = name; text[name] = "" } next }
		due && !/^#/ { text[name] = text[name] $0 "\n" }
		END { for (i = 1; i <= n; i++) printf "%s", text[order[i]] }' "$1"
}

# When what is due ends, when the whole series ends, when it began, how many are still to come.
crl_times() {
	awk -v now="$2" '
		/^CRL / {
			if (!n++) begin = $4
			if ($4 <= now) until[$2] = $5; else if ($2 == "ca") ahead++
			last[$2] = $5
		}
		END {
			for (name in last) {
				if (due == "" || until[name] < due) due = until[name] + 0
				if (end == "" || last[name] < end) end = last[name]
			}
			print due + 0, end + 0, begin + 0, ahead + 0
		}' "$1"
}

# Puts what is due into the staging folder: ca.crl and, below another CA, ca-chain.crl with the CRL of that one, since whoever
# checks the whole chain needs it.
stage_due() {
	local above=''
	due_crls "$1" "$2" >"$work/new/ca.crl"
	if [ -f "$dir/ca-chain.cer" ]; then
		if [ -f "$dir/parent.crl" ]; then above=$dir/parent.crl
		elif [ -f "$dir/../ca.crl" ] && has_signed "$dir/../ca.cer" "$dir/ca.cer"; then above=$dir/../ca.crl; fi
		if [ -n "$above" ]; then cat -- "$work/new/ca.crl" "$above" >"$work/new/ca-chain.crl"
		else say "Note: there is no ca-chain.crl, for the CRL of the CA above is not here: copy it to $dir/parent.crl"; fi
	fi
	chmod 0644 "$work"/new/*.crl || cannot_write
}

install_crls() {
	local now due end begin ahead file changed=''
	begin
	must_be_there ca.crls "$self crl makes it, with the key"
	check_series
	now=$EPOCHSECONDS
	read -r due end begin ahead < <(crl_times "$dir/ca.crls" "$now")
	[ "$due" -gt "$now" ] || die "the last CRL that was signed ended on $(iso_time "$due"), and nobody is let in: run $self crl, with the key"
	stage_due "$dir/ca.crls" "$now"
	for file in ca.crl ca-chain.crl; do
		[ ! -f "$work/new/$file" ] || cmp -s -- "$work/new/$file" "$dir/$file" || changed=yes
	done
	if [ -n "$changed" ]; then commit; say_crls 'The CRL is put in force'; else warn_crls; fi
}

say_crls() {
	local due end begin ahead
	read -r due end begin ahead < <(crl_times "$dir/ca.crls" "$EPOCHSECONDS")
	tell "$1" "  $dir/ca.crl  the CRL in force, until $(iso_time "$due"), for peercert --crl"
	[ ! -f "$dir/ca-chain.crl" ] || tell "  $dir/ca-chain.crl  the same with the CRL of the CA above, for peercert --crl when it checks the whole chain"
	[ "$ahead" -eq 0 ] || tell "  $dir/ca.crls  with $ahead to come, until $(iso_time "$end"): run $self crl --install from cron"
	warn_crls
}

# A CRL that ran out locks everybody out: said while there is still time.
warn_crls() {
	local due end begin ahead now
	now=$EPOCHSECONDS
	read -r due end begin ahead < <(crl_times "$dir/ca.crls" "$now")
	[ $((3 * (end - now))) -ge $((end - begin)) ] ||
		say "Warning: the last CRL ends on $(iso_time "$end"), and then nobody is let in: run $self crl, with the key, before that"
}
