export interface ErrorDetail {
  code: string;
  message: string;
  target?: string;
}

export interface ErrorText {
  message: string;
  target?: string;
  details?: ErrorDetail[];
  headers?: Record<string, string>;
}

/** An answer in ARM's error envelope; thrown by providers, written by the server. */
export class ArmError extends Error {
  readonly target: string | undefined;
  readonly details: ErrorDetail[] | undefined;
  readonly headers: Record<string, string>;

  constructor(
    readonly status: number,
    readonly code: string,
    text: string | ErrorText,
  ) {
    const { message, target, details, headers = {} } = typeof text === 'string' ? { message: text } : text;
    super(message);
    this.target = target;
    this.details = details;
    this.headers = headers;
  }

  body(): { error: ErrorDetail & { details?: ErrorDetail[] } } {
    return {
      error: {
        code: this.code,
        message: this.message,
        ...(this.target === undefined ? {} : { target: this.target }),
        ...(this.details === undefined ? {} : { details: this.details }),
      },
    };
  }
}

export function badRequest(code: string, message: string, target?: string): ArmError {
  return new ArmError(400, code, target === undefined ? message : { message, target });
}

export function invalidParameter(message: string, target: string): ArmError {
  return badRequest('InvalidParameter', message, target);
}

export function conflict(code: string, message: string): ArmError {
  return new ArmError(409, code, message);
}

export function resourceGroupNotFound(name: string): ArmError {
  return new ArmError(404, 'ResourceGroupNotFound', `Resource group '${name}' could not be found.`);
}

export function resourceNotFound(path: string, resourceGroup: string): ArmError {
  return new ArmError(
    404,
    'ResourceNotFound',
    `The Resource '${path}' under resource group '${resourceGroup}' was not found. For more details please go to https://aka.ms/ARMResourceNotFoundFix`,
  );
}

/** What a GET of an absent scale-set instance answers. */
export function entityNotFound(): ArmError {
  return new ArmError(404, 'NotFound', 'The entity was not found in this Azure location.');
}

export function notImplemented(what: string): ArmError {
  return new ArmError(501, 'NotImplemented', `This simulator does not have ${what}. Nothing was changed.`);
}

/** A reference from one resource to another that does not exist. */
export function invalidReference(referenced: string, by: string): ArmError {
  return new ArmError(400, 'InvalidResourceReference', {
    message: `Resource ${referenced} referenced by resource ${by} was not found. Please make sure that the referenced resource exists, and that both resources are in the same region.`,
    details: [],
  });
}
