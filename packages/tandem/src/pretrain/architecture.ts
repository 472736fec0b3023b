import { defined } from '../defined.js';
import { UserError } from '../errors.js';
import { type Architecture, type BackboneSettings, newArchitecture } from '../networks/index.js';
import { findEncoder } from '../runs/encoder-files.js';
import { architectureIn } from '../weights/encoder.js';
import type { NetworkSettings } from './config/network.js';

/**
 * What a run's encoders are built from: what is asked for, over the form of the network that they
 * start from, over what suits the images.
 * @throws UserError where these do not go together
 */
export function architectureOf(
  { backbone, initFrom, teacher: _teacher, ...asked }: NetworkSettings,
  images: { readonly size: number; readonly channels: number },
): Architecture {
  const given = initFrom === undefined ? {} : formIn(initFrom, backbone);
  const known = Object.fromEntries(Object.entries(asked).filter(([, value]) => value !== undefined));
  return newArchitecture(backbone, { ...given, ...known }, images);
}

/**
 * The form of a file's network: all of a transformer's, and of another what its weights need to fit
 * where it has the name that is asked for.
 */
function formIn(initFrom: string, backbone: string): BackboneSettings {
  const { backbone: own, channels: _channels, size: _size, ...form } = architectureIn(findEncoder(initFrom));
  const isTransformer = (name: string) => name.startsWith('vit-');
  if (isTransformer(own) !== isTransformer(backbone)) {
    throw new UserError(`${initFrom} holds a ${own}, and the network is a ${backbone}; give --backbone ${own}`);
  }
  if (isTransformer(own)) return form;
  const { width, features, stem, resnetD, sk, normEps } = form;
  return own === backbone ? defined({ width, features, stem, resnetD, sk, normEps }) : {};
}
