import {
  createHash,
  createPublicKey,
  createPrivateKey,
  randomUUID,
  sign,
  verify,
  type KeyObject,
} from 'node:crypto';
import type { TokenIssuer } from '../machines/contract';

export interface TokenClaims {
  aud: string;
  iss: string;
  exp: number;
  nbf: number;
  iat: number;
  tid: string;
  oid: string;
  sub: string;
  appid: string;
  xms_mirid?: string;
}

export type Verdict =
  | { valid: true; claims: TokenClaims }
  | { valid: false; reason: 'malformed' | 'signature' | 'expired'; expiredAt?: number };

function encode(value: unknown): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}

/** A GUID that stays the same for the same text: identities keep their ids across restarts. */
export function stableGuid(text: string): string {
  const hex = createHash('sha256').update(text.toLowerCase()).digest('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}

/**
 * Microsoft Entra in small: issues RS256 tokens for managed identities and publishes the key that verifies them.
 * Tokens live in wall-clock time, for their holders (the Azure SDK) cache them by the wall clock, whatever the simulated one says.
 */
export class TokenAuthority implements TokenIssuer {
  private readonly privateKey: KeyObject;
  private readonly publicKey: KeyObject;
  readonly keyId: string;

  constructor(
    readonly tenantId: string,
    private readonly lifetimeMs: number,
    private readonly trust: { privateKeyPem: string; authorityUrl: () => string },
  ) {
    this.privateKey = createPrivateKey(trust.privateKeyPem);
    this.publicKey = createPublicKey(trust.privateKeyPem);
    this.keyId = createHash('sha256')
      .update(this.publicKey.export({ type: 'spki', format: 'der' }))
      .digest('base64url')
      .slice(0, 27);
  }

  get issuer(): string {
    return `${this.trust.authorityUrl()}/${this.tenantId}/v2.0`;
  }

  issue(request: Parameters<TokenIssuer['issue']>[0]): { accessToken: string; expiresOn: number } {
    const issuedAt = Math.floor(Date.now() / 1000);
    const expiresOn = issuedAt + Math.floor(this.lifetimeMs / 1000);
    const claims: TokenClaims & Record<string, unknown> = {
      aud: request.resource,
      iss: this.issuer,
      iat: issuedAt,
      nbf: issuedAt - 300,
      exp: expiresOn,
      tid: this.tenantId,
      oid: request.principalId,
      sub: request.principalId,
      appid: request.clientId ?? stableGuid(`client of ${request.principalId}`),
      idtyp: 'app',
      uti: randomUUID(),
      ver: '1.0',
    };
    if (request.vmResourceId) claims.xms_mirid = request.vmResourceId;
    const signed = `${encode({ typ: 'JWT', alg: 'RS256', kid: this.keyId })}.${encode(claims)}`;
    const signature = sign('RSA-SHA256', Buffer.from(signed), this.privateKey).toString('base64url');
    return { accessToken: `${signed}.${signature}`, expiresOn };
  }

  check(token: string): Verdict {
    const [header, payload, signature, ...more] = token.split('.');
    if (!header || !payload || !signature || more.length > 0) return { valid: false, reason: 'malformed' };
    const isSigned = verify(
      'RSA-SHA256',
      Buffer.from(`${header}.${payload}`),
      this.publicKey,
      Buffer.from(signature, 'base64url'),
    );
    if (!isSigned) return { valid: false, reason: 'signature' };
    const claims = JSON.parse(Buffer.from(payload, 'base64url').toString('utf8')) as TokenClaims;
    if (claims.exp * 1000 <= Date.now())
      return { valid: false, reason: 'expired', expiredAt: claims.exp * 1000 };
    return { valid: true, claims };
  }

  /** The JSON Web Key Set document. */
  keys(): { keys: Record<string, unknown>[] } {
    const jwk = createPublicKey(this.publicKey.export({ type: 'spki', format: 'pem' })).export({
      format: 'jwk',
    });
    return {
      keys: [
        {
          ...jwk,
          kty: 'RSA',
          use: 'sig',
          alg: 'RS256',
          kid: this.keyId,
          x5t: this.keyId,
          issuer: this.issuer,
        },
      ],
    };
  }

  configuration(baseUrl: string): Record<string, unknown> {
    const tenant = `${baseUrl}/${this.tenantId}`;
    return {
      issuer: this.issuer,
      token_endpoint: `${tenant}/oauth2/v2.0/token`,
      authorization_endpoint: `${tenant}/oauth2/v2.0/authorize`,
      jwks_uri: `${tenant}/discovery/v2.0/keys`,
      response_types_supported: ['code', 'id_token', 'token'],
      subject_types_supported: ['pairwise'],
      id_token_signing_alg_values_supported: ['RS256'],
      token_endpoint_auth_methods_supported: ['client_secret_post', 'private_key_jwt'],
      claims_supported: ['aud', 'iss', 'iat', 'nbf', 'exp', 'tid', 'oid', 'sub', 'appid', 'xms_mirid'],
    };
  }
}
