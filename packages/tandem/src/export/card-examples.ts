import { cropMargin } from '../images/index.js';
import { printableJson } from '../text.js';
import type { EncoderCard } from '../weights/card.js';

// What a model card shows of loading the encoder, in the words of other tools.

/** A block of code in Markdown. */
export function code(language: string, lines: readonly string[]): string {
  return ['```', language, '\n', lines.join('\n'), '\n```'].join('');
}

/** With transformers.js, from the folder beside this one. @param name of the folder */
export function javascriptExample(name: string): string {
  return code('js', [
    "import { env, pipeline } from '@huggingface/transformers';",
    "env.localModelPath = '..';",
    'env.allowRemoteModels = false;',
    `const embed = await pipeline('image-feature-extraction', ${printableJson(name)}, { dtype: 'fp32' });`,
    "const vector = (await embed('picture.jpg', { pool: true })).tolist()[0];",
  ]);
}

/** The classes of a picture with transformers.js. @param name of the folder */
export function classifyExample(name: string): string {
  return code('js', [
    "import { env, pipeline } from '@huggingface/transformers';",
    "env.localModelPath = '..';",
    'env.allowRemoteModels = false;',
    `const classify = await pipeline('image-classification', ${printableJson(name)}, { dtype: 'fp32' });`,
    "const [{ label, score }] = await classify('picture.jpg');",
  ]);
}

/** How another library computes an encoder's `vector` of `pixels`. */
export interface InPython {
  /** Its name. */
  readonly library: string;
  /** Of a program that runs in the folder. */
  readonly lines: readonly string[];
}

/**
 * In Python: a picture prepared as Tandem prepares it, and its vector by ONNX Runtime; the weights
 * in torchvision where that builds such a network.
 */
export function pythonExamples(card: EncoderCard, own?: InPython): string[] {
  if (card.mean.length !== 1 && card.mean.length !== 3) return bandsExample(card);
  return [
    'In Python, with Pillow, NumPy and ONNX Runtime, a picture is prepared as Tandem does:',
    code('python', [...preparing(card), '', ...withOnnxRuntime]),
    ...(own ? inLibrary(own) : torchvision(card)),
  ];
}

function inLibrary({ library, lines }: InPython): string[] {
  return [
    `The weights have the names of ${library}, which computes the same vectors:`,
    code('python', [...lines.slice(0, -1), lines.at(-1)?.replaceAll('pixels', pixels) ?? '']),
  ];
}

const pixels = "torch.from_numpy(prepare('picture.jpg'))";

const withOnnxRuntime = [
  "session = onnxruntime.InferenceSession('onnx/model.onnx')",
  "vector = session.run(['pooler_output'], {'pixel_values': prepare('picture.jpg')})[0][0]",
];

/** Bands have no library of their own: an array of them, at its size. */
function bandsExample({ size, mean, std, range, bits }: EncoderCard): string[] {
  const [black, white] = range ?? [0, bits === 16 ? 65535 : 255];
  return [
    'In Python, with NumPy and ONNX Runtime:',
    code('python', [
      'import numpy, onnxruntime',
      `bands = numpy.zeros((${mean.length}, ${size}, ${size}), numpy.float32)  # the numbers of a file, ${black} to ${white}`,
      `pixels = (bands - ${black}) / ${white - black}`,
      `mean, std = numpy.float32([${mean.join(', ')}]), numpy.float32([${std.join(', ')}])`,
      'pixels = ((pixels - mean[:, None, None]) / std[:, None, None])[None]',
      "session = onnxruntime.InferenceSession('onnx/model.onnx')",
      "vector = session.run(['pooler_output'], {'pixel_values': pixels})[0][0]",
    ]),
  ];
}

/** Two resizes, since Tandem keeps a margin for crops; the first leaves small squares alone. */
function preparing({ size, mean, std }: EncoderCard): string[] {
  const margin = Math.ceil(size * cropMargin);
  const colours = (values: readonly number[]) => [0, 1, 2].map((i) => values[values.length === 1 ? 0 : i]).join(', ');
  return [
    'import numpy, onnxruntime',
    'from PIL import Image, ImageOps',
    '',
    'def prepare(path):',
    "    picture = ImageOps.exif_transpose(Image.open(path)).convert('RGBA')",
    "    white = Image.new('RGBA', picture.size, 'white')",
    "    picture = Image.alpha_composite(white, picture).convert('RGB')",
    `    if picture.width != picture.height or picture.width > ${Math.min(margin, 128)}:`,
    `        picture = ImageOps.fit(picture, (${margin}, ${margin}), Image.Resampling.LANCZOS)`,
    `    picture = picture.resize((${size}, ${size}), Image.Resampling.BILINEAR)`,
    '    pixels = numpy.asarray(picture, numpy.float32) / 255',
    `    pixels = (pixels - numpy.float32([${colours(mean)}])) / numpy.float32([${colours(std)}])`,
    '    return pixels.transpose(2, 0, 1)[None]',
  ];
}

/** torchvision builds no other widths than 64, nor three stages, nor ResNet-D's parts. */
function torchvision({ architecture }: EncoderCard): string[] {
  const { backbone, width, features, pool = 1, embedding, stem, channels, sk, resnetD } = architecture;
  const layers = { resnet10: [1, 1, 1, 1], resnet18: [2, 2, 2, 2], resnet34: [3, 4, 6, 3] }[backbone];
  const other = sk || resnetD || pool > 1 || embedding || (features ?? 512) !== 512;
  if (!layers || width !== 64 || other || channels !== 3) return [];
  const stride = stem === 'small' ? 1 : 2;
  return [
    'The weights have the names of torchvision; only the classifier is missing:',
    code('python', [
      'import torch, torchvision',
      'from safetensors.torch import load_file',
      `model = torchvision.models.ResNet(torchvision.models.resnet.BasicBlock, [${layers.join(', ')}])`,
      ...(stem === 'standard'
        ? []
        : [`model.conv1, model.maxpool = torch.nn.Conv2d(3, 64, 3, ${stride}, 1, bias=False), torch.nn.Identity()`]),
      'model.fc = torch.nn.Identity()',
      "model.load_state_dict(load_file('model.safetensors')); model.eval()",
      'with torch.no_grad():',
      "    vector = model(torch.from_numpy(prepare('picture.jpg')))[0]",
    ]),
  ];
}
