import { ArmError } from '../resource-manager/errors';
import type { TokenAuthority, TokenClaims } from './token-authority';

const AUDIENCES = ['https://management.azure.com', 'https://management.core.windows.net'];

function refuse(tokens: TokenAuthority, code: string, message: string): ArmError {
  const challenge = `Bearer authorization_uri="https://login.windows.net/${tokens.tenantId}", error="invalid_token", error_description="${message}"`;
  return new ArmError(401, code, { message, headers: { 'WWW-Authenticate': challenge } });
}

/** The principal behind a request to Resource Manager, or the 401 that ARM answers. There are no role assignments: a valid token may do everything. */
export function authenticate(tokens: TokenAuthority, authorization: string | undefined): TokenClaims {
  const token = /^Bearer\s+(\S+)$/i.exec(authorization ?? '')?.[1];
  if (!token) {
    throw refuse(
      tokens,
      'AuthenticationFailed',
      "Authentication failed. The 'Authorization' header is missing.",
    );
  }
  const verdict = tokens.check(token);
  if (!verdict.valid) {
    if (verdict.reason === 'expired') {
      const times = `'${new Date(verdict.expiredAt ?? 0).toISOString()}' is earlier than current UTC time '${new Date().toISOString()}'`;
      throw refuse(tokens, 'ExpiredAuthenticationToken', `The access token expiry UTC time ${times}.`);
    }
    const why =
      verdict.reason === 'malformed'
        ? 'The access token is invalid.'
        : 'The access token has an invalid signature.';
    throw refuse(tokens, 'InvalidAuthenticationToken', why);
  }
  const audience = verdict.claims.aud.replace(/\/+$/, '');
  if (!AUDIENCES.includes(audience)) {
    const allowed = AUDIENCES.map((one) => `'${one}/'`).join(',');
    const message = `The access token has been obtained for wrong audience or resource '${verdict.claims.aud}'. It should exactly match with one of the allowed audiences ${allowed}.`;
    throw refuse(tokens, 'InvalidAuthenticationTokenAudience', message);
  }
  return verdict.claims;
}
