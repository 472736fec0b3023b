"""Networks of other libraries with random weights, saved as each library and each author saves them, for families.mjs beside this.

families.py <folder> [word]: a folder for each whose name holds the word, with the model's files under `source`, and in `told.json` what
it is and what it gives for two images. Needs timm, transformers, torchvision, safetensors.
"""

import json
import math
import os
import sys
from functools import partial

import torch
from torch import nn

sys.path.append(os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'fixtures', 'public'))
sys.path.append(os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'fixtures'))
import models

SIZES = {'vit': 32, 'resnet': 64, 'convnext': 64}
NAMES = sys.argv[2] if len(sys.argv) > 2 else ''


def lively(model):
    """Norms, factors and tokens that are not 0 and 1, as trained ones are."""
    with torch.no_grad():
        for name, x in model.state_dict().items():
            if name.endswith('running_var'):
                x.add_(torch.randn_like(x).abs())
            elif x.is_floating_point() and (x.ndim < 2 or name.endswith(('_token', 'tokens', 'pos_embed', 'position_embeddings'))):
                x.add_(torch.randn_like(x) * 0.2)
    return model.eval()


def tell(folder, name, family, library, give, model):
    size = SIZES[family]
    x = torch.randn(2, 3, size, size)
    with torch.no_grad():
        vectors = give(model, x)
    with open(os.path.join(folder, 'told.json'), 'w') as file:
        told = {'name': name, 'family': family, 'library': library, 'size': size}
        json.dump({**told, 'pixels': x.flatten().tolist(), 'vectors': vectors.flatten().tolist()}, file)
    print(name, tuple(vectors.shape), flush=True)


def case(root, name, family, library, build, give, save):
    if NAMES not in name:
        return
    torch.manual_seed(1)
    folder = os.path.join(root, ''.join(c if c.isalnum() else '-' for c in name).lower())
    if os.path.exists(os.path.join(folder, 'told.json')):
        return
    os.makedirs(os.path.join(folder, 'source'), exist_ok=True)
    model = lively(build())
    save(model, os.path.join(folder, 'source'))
    tell(folder, name, family, library, give, model)


def saved(change=lambda state: state):
    """By torch.save, in the containers of the authors."""
    return lambda model, folder: torch.save(change(model.state_dict()), os.path.join(folder, 'checkpoint.pth'))


def safetensors(model, folder):
    from safetensors.torch import save_file

    save_file({key: x.contiguous() for key, x in model.state_dict().items()}, os.path.join(folder, 'model.safetensors'))


def pretrained(model, folder):
    model.save_pretrained(folder)


def prefixed(state, prefix, change=lambda x: x):
    return {f'{prefix}{key}': change(x) for key, x in state.items()}


def other(x):
    return x + 1 if x.is_floating_point() else x


def noise(prefix, count=1):
    return {f'{prefix}{i}.weight': torch.randn(8, 8) for i in range(0, 2 * count, 2)}


def transformers_vectors(model, x):
    out = model(x)
    if out.last_hidden_state.dim() == 4:
        return out.pooler_output.flatten(1)
    return out.last_hidden_state[:, 0]


def resnets(root):
    import timm
    import torchvision
    from transformers import ResNetConfig, ResNetModel

    def bare(make):
        def build():
            model = make()
            model.fc = nn.Identity()
            return model

        return build

    plain = lambda model, x: model(x)
    add = lambda name, library, build, save, give=plain: case(root, name, 'resnet', library, build, give, save)
    add('torchvision resnet18', 'torchvision', bare(torchvision.models.resnet18), saved())
    add('torchvision resnet50', 'torchvision', bare(torchvision.models.resnet50), saved())
    add('timm resnet18', 'timm', lambda: timm.create_model('resnet18', num_classes=0), safetensors)
    add('timm resnet50d', 'timm', lambda: timm.create_model('resnet50d', num_classes=0), safetensors)
    config = ResNetConfig(embedding_size=64, hidden_sizes=[64, 128, 256, 512], depths=[2, 2, 2, 2], layer_type='basic')
    add('transformers resnet', 'transformers', lambda: ResNetModel(config), pretrained, transformers_vectors)
    own = bare(torchvision.models.resnet18)
    both = lambda state, mine, theirs: {**prefixed(state, mine), **prefixed(state, theirs, other)}
    add('MoCo v2', 'its authors', own, saved(lambda s: {'epoch': 200, 'arch': 'resnet18', 'optimizer': {'state': {}}, 'state_dict': {
        **both(s, 'module.encoder_q.', 'module.encoder_k.'), **noise('module.encoder_q.fc.', 2), 'module.queue': torch.randn(8, 8)}}))
    add('MoCo v3, ResNet', 'its authors', own, saved(lambda s: {'epoch': 300, 'state_dict': {
        **both(s, 'module.base_encoder.', 'module.momentum_encoder.'), **noise('module.base_encoder.fc.', 2), **noise('module.predictor.')}}))
    add('SimSiam', 'its authors', own, saved(lambda s: {'state_dict': {
        **prefixed(s, 'module.encoder.'), **noise('module.encoder.fc.', 3), **noise('module.predictor.')}}))
    add('DINO, ResNet, both networks', 'its authors', own, saved(lambda s: {'epoch': 800, 'teacher': {
        **prefixed(s, 'module.backbone.'), **noise('module.head.mlp.')}, 'student': prefixed(s, 'module.backbone.', other)}))
    add('Barlow Twins', 'its authors', own, saved(lambda s: {'epoch': 1000, 'optimizer': {'state': {}}, 'model': {
        **prefixed(s, 'module.backbone.'), **noise('module.projector.', 3), 'module.bn.running_mean': torch.randn(8)}}))
    add('VICReg', 'its authors', own, saved(lambda s: {'model': {**prefixed(s, 'module.backbone.'), **noise('module.projector.', 3)}}))
    add('SwAV', 'its authors', own, saved(lambda s: {
        **prefixed(s, 'module.'), **noise('module.projection_head.', 2), 'module.prototypes.weight': torch.randn(8, 8)}))
    add('BYOL, from PyTorch', 'its authors', own, saved(lambda s: {'online_network_state_dict': {
        **prefixed(s, 'encoder.'), **noise('projetion.net.')}, 'target_network_state_dict': prefixed(s, 'encoder.', other)}))
    numbered = lambda kernels: lambda: models.Numbered(16, kernels)
    converted = saved(lambda s: {'resnet': s, 'head': {**noise('layers.', 3)}})
    add('SimCLR v2, converted', 'its converter', numbered(False), converted)
    add('SimCLR v2, converted, selective kernels', 'its converter', numbered(True), converted)


def convnexts(root):
    import timm
    from torchvision.models.convnext import CNBlockConfig, ConvNeXt
    from transformers import ConvNextConfig, ConvNextModel

    widths = [40, 80, 160, 320]
    add = lambda name, library, build, save, give=lambda m, x: m(x): case(root, name, 'convnext', library, build, give, save)
    add('timm convnext', 'timm', lambda: timm.create_model('convnext_atto', num_classes=0), safetensors)
    wide = [96, 192, 384, 768]
    blocks = lambda: [CNBlockConfig(a, b, n) for a, b, n in zip(wide, [*wide[1:], None], [3, 3, 9, 3])]
    add('torchvision convnext', 'torchvision', lambda: ConvNeXt(blocks()), saved(), lambda m, x: m.classifier[:2](m.avgpool(m.features(x))))
    config = ConvNextConfig(hidden_sizes=widths, depths=[2, 2, 6, 2])
    add('transformers convnext', 'transformers', lambda: ConvNextModel(config), pretrained, lambda m, x: m(x).pooler_output)


def vits(root):
    import torchvision
    from timm.layers import LayerNorm, SwiGLUPacked
    from timm.models.eva import Eva
    from timm.models.vision_transformer import VisionTransformer
    from transformers import Dinov2Config, Dinov2Model, Dinov2WithRegistersConfig, Dinov2WithRegistersModel
    from transformers import DINOv3ViTConfig, DINOv3ViTModel, ViTConfig, ViTModel

    small = dict(img_size=32, patch_size=8, embed_dim=128, depth=2, num_heads=2, num_classes=0)
    hf = dict(hidden_size=128, num_hidden_layers=2, num_attention_heads=2, image_size=32, patch_size=8)
    registers = dict(reg_tokens=4, no_embed_class=True)
    rotary = dict(img_size=32, patch_size=8, embed_dim=128, depth=2, num_heads=2, num_classes=0, use_abs_pos_emb=False, use_rot_pos_emb=True,
                  rope_type='dinov3', rope_rotate_half=True, init_values=1e-5, num_reg_tokens=4, dynamic_img_size=True, qkv_bias=False,
                  norm_layer=partial(LayerNorm, eps=1e-5), rope_temperature=100, use_fc_norm=False, global_pool='avg')
    add = lambda name, library, build, save=safetensors, give=lambda m, x: m(x): case(root, name, 'vit', library, build, give, save)
    timm = lambda name, **more: add(f'timm vit{name}', 'timm', lambda: VisionTransformer(**{**small, **more}))
    timm('')
    timm(', mean of patches', global_pool='avg')
    timm(', no class token', global_pool='avg', class_token=False)
    timm(', DINOv2', init_values=1e-5)
    timm(', DINOv2 with registers', init_values=1e-5, **registers)
    timm(', SwiGLU', init_values=1e-5, mlp_ratio=2.66667 * 2, mlp_layer=SwiGLUPacked, act_layer=nn.SiLU)
    add('timm DINOv3', 'timm', lambda: Eva(**rotary))
    hub = lambda name, make: add(name, 'transformers', make, pretrained, transformers_vectors)
    hub('transformers vit', lambda: ViTModel(ViTConfig(**hf, intermediate_size=512)))
    hub('transformers dinov2', lambda: Dinov2Model(Dinov2Config(**hf)))
    hub('transformers dinov2_with_registers', lambda: Dinov2WithRegistersModel(Dinov2WithRegistersConfig(**hf)))
    hub('transformers dinov3_vit', lambda: DINOv3ViTModel(DINOv3ViTConfig(**hf, intermediate_size=512, num_register_tokens=4)))
    add('torchvision vit', 'torchvision', lambda: torchvision.models.VisionTransformer(32, 8, 2, 2, 128, 512), saved(), models.torchvision_features)
    own = lambda **more: lambda: VisionTransformer(**{**small, **more})
    both = lambda state, mine, theirs: {**prefixed(state, mine), **prefixed(state, theirs, other)}
    add('DINO, ViT, both networks', 'its authors', own(), saved(lambda s: {'epoch': 100, 'teacher': {
        **prefixed(s, 'backbone.'), **noise('head.mlp.', 2)}, 'student': prefixed(s, 'module.backbone.', other)}))
    add('iBOT', 'its authors', own(), saved(lambda s: {'state_dict': {**s, 'masked_embed': torch.randn(1, 128)}}))
    add('DINOv2', 'its authors', own(init_values=1e-5), saved(lambda s: {**s, 'mask_token': torch.randn(1, 128)}))
    heads = dict(embed_dim=384, num_heads=12, depth=1)  # the authors' ViT-S has twice the usual number
    add('MoCo v3, ViT', 'its authors', own(**heads), saved(lambda s: {'state_dict': {
        **both(s, 'module.base_encoder.', 'module.momentum_encoder.'), **noise('module.base_encoder.head.', 3), **noise('module.predictor.')}}))


if __name__ == '__main__':
    for families in (resnets, convnexts, vits):
        families(sys.argv[1])
