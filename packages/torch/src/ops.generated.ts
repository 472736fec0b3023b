// Generated from libtorch by `npm run generate`; edit codegen/ and its allow-list instead.
// Schemas of libtorch 1.13.
import * as $ from './call.js';
import type { Device, DType, MemoryFormat, Scalar, Sizes } from './dtype.js';
import { Tensor } from './tensor.js';

$.register([
  ['_amp_foreach_non_finite_check_and_unscale_', '', 'self found_inf inv_scale', ''],
  ['_amp_update_scale_', '', 'self growth_tracker found_inf scale_growth_factor scale_backoff_factor growth_interval', ''],
  ['_foreach_add', 'List', 'self other alpha', 'alpha'],
  ['_foreach_add', 'Scalar', 'self scalar', ''],
  ['_foreach_add', 'ScalarList', 'self scalars', ''],
  ['_foreach_add_', 'List', 'self other alpha', 'alpha'],
  ['_foreach_add_', 'Scalar', 'self scalar', ''],
  ['_foreach_add_', 'ScalarList', 'self scalars', ''],
  ['_foreach_addcdiv', 'Scalar', 'self tensor1 tensor2 value', 'value'],
  ['_foreach_addcdiv', 'ScalarList', 'self tensor1 tensor2 scalars', ''],
  ['_foreach_addcdiv_', 'Scalar', 'self tensor1 tensor2 value', 'value'],
  ['_foreach_addcdiv_', 'ScalarList', 'self tensor1 tensor2 scalars', ''],
  ['_foreach_addcmul', 'Scalar', 'self tensor1 tensor2 value', 'value'],
  ['_foreach_addcmul', 'ScalarList', 'self tensor1 tensor2 scalars', ''],
  ['_foreach_addcmul_', 'Scalar', 'self tensor1 tensor2 value', 'value'],
  ['_foreach_addcmul_', 'ScalarList', 'self tensor1 tensor2 scalars', ''],
  ['_foreach_div', 'List', 'self other', ''],
  ['_foreach_div', 'Scalar', 'self scalar', ''],
  ['_foreach_div', 'ScalarList', 'self scalars', ''],
  ['_foreach_div_', 'List', 'self other', ''],
  ['_foreach_div_', 'Scalar', 'self scalar', ''],
  ['_foreach_div_', 'ScalarList', 'self scalars', ''],
  ['_foreach_maximum_', 'List', 'self other', ''],
  ['_foreach_mul', 'List', 'self other', ''],
  ['_foreach_mul', 'Scalar', 'self scalar', ''],
  ['_foreach_mul', 'ScalarList', 'self scalars', ''],
  ['_foreach_mul_', 'List', 'self other', ''],
  ['_foreach_mul_', 'Scalar', 'self scalar', ''],
  ['_foreach_mul_', 'ScalarList', 'self scalars', ''],
  ['_foreach_norm', 'Scalar', 'self ord', 'ord'],
  ['_foreach_sqrt', '', 'self', ''],
  ['_foreach_sqrt_', '', 'self', ''],
  ['_foreach_sub', 'List', 'self other alpha', 'alpha'],
  ['_foreach_sub', 'Scalar', 'self scalar', ''],
  ['_foreach_sub', 'ScalarList', 'self scalars', ''],
  ['_foreach_sub_', 'List', 'self other alpha', 'alpha'],
  ['_foreach_sub_', 'Scalar', 'self scalar', ''],
  ['_foreach_sub_', 'ScalarList', 'self scalars', ''],
  ['_foreach_zero_', '', 'self', ''],
  ['_upsample_bicubic2d_aa', '', 'self output_size align_corners scales_h scales_w', 'scalesH scalesW'],
  ['_upsample_bicubic2d_aa', 'vec', 'input output_size align_corners scale_factors', ''],
  ['_upsample_bilinear2d_aa', '', 'self output_size align_corners scales_h scales_w', 'scalesH scalesW'],
  ['_upsample_bilinear2d_aa', 'vec', 'input output_size align_corners scale_factors', ''],
  ['_weight_norm', '', 'v g dim', 'dim'],
  ['abs', '', 'self', ''],
  ['abs_', '', 'self', ''],
  ['adaptive_avg_pool2d', '', 'self output_size', ''],
  ['adaptive_max_pool2d', '', 'self output_size', ''],
  ['add', 'Scalar', 'self other alpha', 'alpha'],
  ['add', 'Tensor', 'self other alpha', 'alpha'],
  ['add_', 'Scalar', 'self other alpha', 'alpha'],
  ['add_', 'Tensor', 'self other alpha', 'alpha'],
  ['addcdiv', '', 'self tensor1 tensor2 value', 'value'],
  ['addcdiv_', '', 'self tensor1 tensor2 value', 'value'],
  ['addcmul', '', 'self tensor1 tensor2 value', 'value'],
  ['addcmul_', '', 'self tensor1 tensor2 value', 'value'],
  ['addmm', '', 'self mat1 mat2 beta alpha', 'beta alpha'],
  ['addmm_', '', 'self mat1 mat2 beta alpha', 'beta alpha'],
  ['affine_grid_generator', '', 'theta size align_corners', ''],
  ['all', '', 'self', ''],
  ['all', 'dim', 'self dim keepdim', 'keepdim'],
  ['allclose', '', 'self other rtol atol equal_nan', 'rtol atol equalNan'],
  ['amax', '', 'self dim keepdim', 'dim keepdim'],
  ['amin', '', 'self dim keepdim', 'dim keepdim'],
  ['aminmax', '', 'self dim keepdim', 'dim keepdim'],
  ['any', '', 'self', ''],
  ['any', 'dim', 'self dim keepdim', 'keepdim'],
  ['arange', '', 'end dtype layout device pin_memory', 'dtype device'],
  ['arange', 'start', 'start end dtype layout device pin_memory', 'dtype device'],
  ['arange', 'start_step', 'start end step dtype layout device pin_memory', 'step dtype device'],
  ['argmax', '', 'self dim keepdim', 'dim keepdim'],
  ['argmin', '', 'self dim keepdim', 'dim keepdim'],
  ['argsort', 'stable', 'self stable dim descending', 'stable dim descending'],
  ['argsort', '', 'self dim descending', 'dim descending'],
  ['atan2', '', 'self other', ''],
  ['avg_pool2d', '', 'self kernel_size stride padding ceil_mode count_include_pad divisor_override', 'stride padding ceilMode countIncludePad divisorOverride'],
  ['baddbmm', '', 'self batch1 batch2 beta alpha', 'beta alpha'],
  ['batch_norm', '', 'input weight bias running_mean running_var training momentum eps cudnn_enabled', ''],
  ['bernoulli', '', 'self generator', ''],
  ['bernoulli', 'Tensor', 'self p generator', ''],
  ['bernoulli', 'p', 'self p generator', ''],
  ['bernoulli_', 'Tensor', 'self p generator', ''],
  ['bernoulli_', 'float', 'self p generator', 'p'],
  ['binary_cross_entropy', '', 'self target weight reduction', 'weight reduction'],
  ['binary_cross_entropy_with_logits', '', 'self target weight pos_weight reduction', 'weight posWeight reduction'],
  ['bincount', '', 'self weights minlength', 'weights minlength'],
  ['bmm', '', 'self mat2', ''],
  ['broadcast_to', '', 'self size', ''],
  ['cat', '', 'tensors dim', 'dim'],
  ['cdist', '', 'x1 x2 p compute_mode', 'p computeMode'],
  ['ceil', '', 'self', ''],
  ['chunk', '', 'self chunks dim', 'dim'],
  ['clamp', '', 'self min max', 'min max'],
  ['clamp_', '', 'self min max', 'min max'],
  ['clamp_max', '', 'self max', ''],
  ['clamp_max', 'Tensor', 'self max', ''],
  ['clamp_min', '', 'self min', ''],
  ['clamp_min', 'Tensor', 'self min', ''],
  ['clone', '', 'self memory_format', 'memoryFormat'],
  ['col2im', '', 'self output_size kernel_size dilation padding stride', ''],
  ['constant_pad_nd', '', 'self pad value', 'value'],
  ['contiguous', '', 'self memory_format', 'memoryFormat'],
  ['conv2d', '', 'input weight bias stride padding dilation groups', 'bias stride padding dilation groups'],
  ['conv_transpose2d', 'input', 'input weight bias stride padding output_padding groups dilation', 'bias stride padding outputPadding groups dilation'],
  ['copy_', '', 'self src non_blocking', 'nonBlocking'],
  ['copysign_', 'Scalar', 'self other', ''],
  ['copysign_', 'Tensor', 'self other', ''],
  ['cos', '', 'self', ''],
  ['cosine_similarity', '', 'x1 x2 dim eps', 'dim eps'],
  ['count_nonzero', '', 'self dim', 'dim'],
  ['count_nonzero', 'dim_IntList', 'self dim', ''],
  ['cov', '', 'self correction fweights aweights', 'correction fweights aweights'],
  ['cross_entropy_loss', '', 'self target weight reduction ignore_index label_smoothing', 'weight reduction ignoreIndex labelSmoothing'],
  ['cumprod', '', 'self dim dtype', 'dtype'],
  ['cumsum', '', 'self dim dtype', 'dtype'],
  ['detach', '', 'self', ''],
  ['diag', '', 'self diagonal', 'diagonal'],
  ['diag_embed', '', 'self offset dim1 dim2', 'offset dim1 dim2'],
  ['diagonal', '', 'self offset dim1 dim2', 'offset dim1 dim2'],
  ['dist', '', 'self other p', 'p'],
  ['div', 'Scalar_mode', 'self other rounding_mode', 'roundingMode'],
  ['div', 'Tensor_mode', 'self other rounding_mode', 'roundingMode'],
  ['div', 'Scalar', 'self other', ''],
  ['div', 'Tensor', 'self other', ''],
  ['div_', 'Scalar_mode', 'self other rounding_mode', 'roundingMode'],
  ['div_', 'Tensor_mode', 'self other rounding_mode', 'roundingMode'],
  ['div_', 'Scalar', 'self other', ''],
  ['div_', 'Tensor', 'self other', ''],
  ['dot', '', 'self tensor', ''],
  ['dropout', '', 'input p train', ''],
  ['einsum', '', 'equation tensors path', 'path'],
  ['elu', '', 'self alpha scale input_scale', 'alpha scale inputScale'],
  ['embedding', '', 'weight indices padding_idx scale_grad_by_freq sparse', 'paddingIdx scaleGradByFreq sparse'],
  ['empty', 'memory_format', 'size dtype layout device pin_memory memory_format', 'dtype device memoryFormat'],
  ['empty_like', '', 'self dtype layout device pin_memory memory_format', 'dtype device memoryFormat'],
  ['eq', 'Scalar', 'self other', ''],
  ['eq', 'Tensor', 'self other', ''],
  ['equal', '', 'self other', ''],
  ['erf', '', 'self', ''],
  ['erfinv', '', 'self', ''],
  ['exp', '', 'self', ''],
  ['exp_', '', 'self', ''],
  ['expand', '', 'self size implicit', 'implicit'],
  ['expm1', '', 'self', ''],
  ['exponential_', '', 'self lambd generator', 'lambd'],
  ['eye', '', 'n dtype layout device pin_memory', 'dtype device'],
  ['eye', 'm', 'n m dtype layout device pin_memory', 'dtype device'],
  ['fill_', 'Scalar', 'self value', ''],
  ['fill_', 'Tensor', 'self value', ''],
  ['fill_diagonal_', '', 'self fill_value wrap', 'wrap'],
  ['flatten', 'named_out_dim', 'self start_dim end_dim out_dim', ''],
  ['flatten', 'using_ints', 'self start_dim end_dim', 'startDim endDim'],
  ['flip', '', 'self dims', ''],
  ['floor', '', 'self', ''],
  ['floor_divide', '', 'self other', ''],
  ['floor_divide', 'Scalar', 'self other', ''],
  ['full', '', 'size fill_value dtype layout device pin_memory', 'dtype device'],
  ['full_like', '', 'self fill_value dtype layout device pin_memory memory_format', 'dtype device memoryFormat'],
  ['gather', '', 'self dim index sparse_grad', 'sparseGrad'],
  ['ge', 'Scalar', 'self other', ''],
  ['ge', 'Tensor', 'self other', ''],
  ['gelu', '', 'self approximate', 'approximate'],
  ['grid_sampler', '', 'input grid interpolation_mode padding_mode align_corners', ''],
  ['group_norm', '', 'input num_groups weight bias eps cudnn_enabled', 'weight bias eps cudnnEnabled'],
  ['gt', 'Scalar', 'self other', ''],
  ['gt', 'Tensor', 'self other', ''],
  ['hardtanh', '', 'self min_val max_val', 'minVal maxVal'],
  ['histc', '', 'self bins min max', 'bins min max'],
  ['huber_loss', '', 'self target reduction delta', 'reduction delta'],
  ['im2col', '', 'self kernel_size dilation padding stride', ''],
  ['index', 'Tensor', 'self indices', ''],
  ['index_add', '', 'self dim index source alpha', 'alpha'],
  ['index_add_', '', 'self dim index source alpha', 'alpha'],
  ['index_copy_', '', 'self dim index source', ''],
  ['index_put_', '', 'self indices values accumulate', 'accumulate'],
  ['index_select', '', 'self dim index', ''],
  ['isclose', '', 'self other rtol atol equal_nan', 'rtol atol equalNan'],
  ['isfinite', '', 'self', ''],
  ['isinf', '', 'self', ''],
  ['isnan', '', 'self', ''],
  ['kl_div', '', 'self target reduction log_target', 'reduction logTarget'],
  ['l1_loss', '', 'self target reduction', 'reduction'],
  ['layer_norm', '', 'input normalized_shape weight bias eps cudnn_enable', 'weight bias eps cudnnEnable'],
  ['le', 'Scalar', 'self other', ''],
  ['le', 'Tensor', 'self other', ''],
  ['leaky_relu', '', 'self negative_slope', 'negativeSlope'],
  ['lerp', 'Scalar', 'self end weight', ''],
  ['lerp', 'Tensor', 'self end weight', ''],
  ['lerp_', 'Scalar', 'self end weight', ''],
  ['lerp_', 'Tensor', 'self end weight', ''],
  ['linalg_cholesky', '', 'self upper', 'upper'],
  ['linalg_det', '', 'A', ''],
  ['linalg_eigh', '', 'self UPLO', 'UPLO'],
  ['linalg_inv', '', 'A', ''],
  ['linalg_lstsq', '', 'self b rcond driver', 'rcond driver'],
  ['linalg_norm', '', 'self ord dim keepdim dtype', 'ord dim keepdim dtype'],
  ['linalg_norm', 'ord_str', 'self ord dim keepdim dtype', 'dim keepdim dtype'],
  ['linalg_qr', '', 'A mode', 'mode'],
  ['linalg_slogdet', '', 'A', ''],
  ['linalg_solve', '', 'A B left', 'left'],
  ['linalg_svd', '', 'A full_matrices driver', 'fullMatrices driver'],
  ['linalg_svdvals', '', 'A driver', 'driver'],
  ['linalg_vector_norm', '', 'self ord dim keepdim dtype', 'ord dim keepdim dtype'],
  ['linear', '', 'input weight bias', 'bias'],
  ['linspace', '', 'start end steps dtype layout device pin_memory', 'dtype device'],
  ['log', '', 'self', ''],
  ['log1p', '', 'self', ''],
  ['log2', '', 'self', ''],
  ['log_sigmoid', '', 'self', ''],
  ['log_softmax', 'int', 'self dim dtype', 'dtype'],
  ['logaddexp', '', 'self other', ''],
  ['logical_and', '', 'self other', ''],
  ['logical_not', '', 'self', ''],
  ['logical_or', '', 'self other', ''],
  ['logical_xor', '', 'self other', ''],
  ['logit', '', 'self eps', 'eps'],
  ['logsumexp', '', 'self dim keepdim', 'keepdim'],
  ['lt', 'Scalar', 'self other', ''],
  ['lt', 'Tensor', 'self other', ''],
  ['masked_fill', 'Scalar', 'self mask value', ''],
  ['masked_fill', 'Tensor', 'self mask value', ''],
  ['masked_fill_', 'Scalar', 'self mask value', ''],
  ['masked_fill_', 'Tensor', 'self mask value', ''],
  ['masked_select', '', 'self mask', ''],
  ['matmul', '', 'self other', ''],
  ['max', '', 'self', ''],
  ['max', 'dim', 'self dim keepdim', 'keepdim'],
  ['max', 'other', 'self other', ''],
  ['max_pool2d', '', 'self kernel_size stride padding dilation ceil_mode', 'stride padding dilation ceilMode'],
  ['max_pool2d_with_indices', '', 'self kernel_size stride padding dilation ceil_mode', 'stride padding dilation ceilMode'],
  ['maximum', '', 'self other', ''],
  ['mean', '', 'self dtype', 'dtype'],
  ['mean', 'dim', 'self dim keepdim dtype', 'keepdim dtype'],
  ['median', '', 'self', ''],
  ['median', 'dim', 'self dim keepdim', 'keepdim'],
  ['meshgrid', 'indexing', 'tensors indexing', 'indexing'],
  ['meshgrid', '', 'tensors', ''],
  ['min', '', 'self', ''],
  ['min', 'dim', 'self dim keepdim', 'keepdim'],
  ['min', 'other', 'self other', ''],
  ['minimum', '', 'self other', ''],
  ['mm', '', 'self mat2', ''],
  ['mse_loss', '', 'self target reduction', 'reduction'],
  ['mul', 'Scalar', 'self other', ''],
  ['mul', 'Tensor', 'self other', ''],
  ['mul_', 'Scalar', 'self other', ''],
  ['mul_', 'Tensor', 'self other', ''],
  ['multinomial', '', 'self num_samples replacement generator', 'replacement'],
  ['mv', '', 'self vec', ''],
  ['nan_to_num', '', 'self nan posinf neginf', 'nan posinf neginf'],
  ['narrow', '', 'self dim start length', ''],
  ['narrow', 'Tensor', 'self dim start length', ''],
  ['ne', 'Scalar', 'self other', ''],
  ['ne', 'Tensor', 'self other', ''],
  ['neg', '', 'self', ''],
  ['neg_', '', 'self', ''],
  ['new_zeros', '', 'self size dtype layout device pin_memory', 'dtype device'],
  ['nll_loss', '', 'self target weight reduction ignore_index', 'weight reduction ignoreIndex'],
  ['nonzero', '', 'self', ''],
  ['norm', 'ScalarOpt_dim_dtype', 'self p dim keepdim dtype', 'dtype'],
  ['norm', 'ScalarOpt_dtype', 'self p dtype', 'dtype'],
  ['norm', 'Scalar', 'self p', 'p'],
  ['norm', 'ScalarOpt_dim', 'self p dim keepdim', 'keepdim'],
  ['normal', 'Tensor_Tensor', 'mean std generator', ''],
  ['normal', 'Tensor_float', 'mean std generator', 'std'],
  ['normal', 'float_Tensor', 'mean std generator', ''],
  ['normal', 'float_float', 'mean std size generator dtype layout device pin_memory', 'dtype device'],
  ['normal_', '', 'self mean std generator', 'mean std'],
  ['one_hot', '', 'self num_classes', 'numClasses'],
  ['ones', '', 'size dtype layout device pin_memory', 'dtype device'],
  ['ones_like', '', 'self dtype layout device pin_memory memory_format', 'dtype device memoryFormat'],
  ['outer', '', 'self vec2', ''],
  ['pad', '', 'self pad mode value', 'mode value'],
  ['pdist', '', 'self p', 'p'],
  ['permute', '', 'self dims', ''],
  ['pin_memory', '', 'self device', 'device'],
  ['pow', 'Scalar', 'self exponent', ''],
  ['pow', 'Tensor_Scalar', 'self exponent', ''],
  ['pow', 'Tensor_Tensor', 'self exponent', ''],
  ['prelu', '', 'self weight', ''],
  ['prod', '', 'self dtype', 'dtype'],
  ['prod', 'dim_int', 'self dim keepdim dtype', 'keepdim dtype'],
  ['quantile', '', 'self q dim keepdim interpolation', 'dim keepdim interpolation'],
  ['quantile', 'scalar', 'self q dim keepdim interpolation', 'dim keepdim interpolation'],
  ['rand', '', 'size dtype layout device pin_memory', 'dtype device'],
  ['rand_like', '', 'self dtype layout device pin_memory memory_format', 'dtype device memoryFormat'],
  ['randint', '', 'high size dtype layout device pin_memory', 'dtype device'],
  ['randint', 'low', 'low high size dtype layout device pin_memory', 'dtype device'],
  ['randn', '', 'size dtype layout device pin_memory', 'dtype device'],
  ['randn_like', '', 'self dtype layout device pin_memory memory_format', 'dtype device memoryFormat'],
  ['random_', '', 'self generator', ''],
  ['random_', 'from', 'self from to generator', ''],
  ['random_', 'to', 'self to generator', ''],
  ['randperm', '', 'n dtype layout device pin_memory', 'dtype device'],
  ['reciprocal', '', 'self', ''],
  ['reflection_pad2d', '', 'self padding', ''],
  ['relu', '', 'self', ''],
  ['relu_', '', 'self', ''],
  ['remainder', 'Scalar', 'self other', ''],
  ['remainder', 'Scalar_Tensor', 'self other', ''],
  ['remainder', 'Tensor', 'self other', ''],
  ['repeat', '', 'self repeats', ''],
  ['repeat_interleave', 'Tensor', 'repeats output_size', 'outputSize'],
  ['repeat_interleave', 'self_Tensor', 'self repeats dim output_size', 'dim outputSize'],
  ['repeat_interleave', 'self_int', 'self repeats dim output_size', 'dim outputSize'],
  ['reshape', '', 'self shape', ''],
  ['roll', '', 'self shifts dims', 'dims'],
  ['round', 'decimals', 'self decimals', 'decimals'],
  ['round', '', 'self', ''],
  ['rsqrt', '', 'self', ''],
  ['rsqrt_', '', 'self', ''],
  ['scatter', 'reduce', 'self dim index src reduce', 'reduce'],
  ['scatter', 'value_reduce', 'self dim index value reduce', 'reduce'],
  ['scatter', 'src', 'self dim index src', ''],
  ['scatter', 'value', 'self dim index value', ''],
  ['scatter_', 'reduce', 'self dim index src reduce', 'reduce'],
  ['scatter_', 'value_reduce', 'self dim index value reduce', 'reduce'],
  ['scatter_', 'src', 'self dim index src', ''],
  ['scatter_', 'value', 'self dim index value', ''],
  ['scatter_add', '', 'self dim index src', ''],
  ['scatter_add_', '', 'self dim index src', ''],
  ['scatter_reduce', 'two', 'self dim index src reduce include_self', 'includeSelf'],
  ['searchsorted', 'Scalar', 'sorted_sequence self out_int32 right side sorter', 'outInt32 right side sorter'],
  ['searchsorted', 'Tensor', 'sorted_sequence self out_int32 right side sorter', 'outInt32 right side sorter'],
  ['select', 'int', 'self dim index', ''],
  ['sigmoid', '', 'self', ''],
  ['sign', '', 'self', ''],
  ['silu', '', 'self', ''],
  ['sin', '', 'self', ''],
  ['slice', 'Tensor', 'self dim start end step', 'dim start end step'],
  ['smooth_l1_loss', '', 'self target reduction beta', 'reduction beta'],
  ['softmax', 'int', 'self dim dtype', 'dtype'],
  ['softplus', '', 'self beta threshold', 'beta threshold'],
  ['sort', 'stable', 'self stable dim descending', 'stable dim descending'],
  ['sort', '', 'self dim descending', 'dim descending'],
  ['split', 'Tensor', 'self split_size dim', 'dim'],
  ['split', 'sizes', 'self split_size dim', 'dim'],
  ['split_with_sizes', '', 'self split_sizes dim', 'dim'],
  ['sqrt', '', 'self', ''],
  ['sqrt_', '', 'self', ''],
  ['square', '', 'self', ''],
  ['squeeze', '', 'self', ''],
  ['squeeze', 'dim', 'self dim', ''],
  ['stack', '', 'tensors dim', 'dim'],
  ['std', 'correction', 'self dim correction keepdim', 'correction keepdim'],
  ['std', '', 'self unbiased', 'unbiased'],
  ['std', 'dim', 'self dim unbiased keepdim', 'unbiased keepdim'],
  ['std_mean', 'correction', 'self dim correction keepdim', 'correction keepdim'],
  ['std_mean', '', 'self unbiased', 'unbiased'],
  ['std_mean', 'dim', 'self dim unbiased keepdim', 'unbiased keepdim'],
  ['sub', 'Scalar', 'self other alpha', 'alpha'],
  ['sub', 'Tensor', 'self other alpha', 'alpha'],
  ['sub_', 'Scalar', 'self other alpha', 'alpha'],
  ['sub_', 'Tensor', 'self other alpha', 'alpha'],
  ['sum', '', 'self dtype', 'dtype'],
  ['sum', 'dim_IntList', 'self dim keepdim dtype', 'keepdim dtype'],
  ['t', '', 'self', ''],
  ['take_along_dim', '', 'self indices dim', 'dim'],
  ['tandem::affine', '', 'input weight bias', 'bias'],
  ['tandem::attention', '', 'q k v', ''],
  ['tandem::batch_norm_relu', '', 'input scale shift running_mean running_var carried relu momentum eps', ''],
  ['tandem::conv2d_pack', '', 'weight winograd', ''],
  ['tandem::conv2d_packed', '', 'input kernels bias stride padding relu carried', 'stride padding relu carried'],
  ['tandem::conv2d_recomputing', '', 'input weight bias stride padding dilation groups', 'bias stride padding dilation groups'],
  ['tandem::conv2d_winograd', '', 'input weight', ''],
  ['tandem::conv2d_winograd_after_norm', '', 'input scale shift running_mean running_var weight momentum eps', ''],
  ['tandem::exact_gelu', '', 'input', ''],
  ['tandem::jitter_', '', 'self order amounts', ''],
  ['tandem::render_views', '', 'self rows row_weights columns column_weights divisor order amounts gray blur_each blur blur_weights solarize mean slope', ''],
  ['tandem::resample_lines', '', 'self first weights', ''],
  ['tandem::self_attention', '', 'qkv heads', ''],
  ['tanh', '', 'self', ''],
  ['topk', '', 'self k dim largest sorted', 'dim largest sorted'],
  ['trace', '', 'self', ''],
  ['transpose', 'int', 'self dim0 dim1', ''],
  ['tril', '', 'self diagonal', 'diagonal'],
  ['triu', '', 'self diagonal', 'diagonal'],
  ['unbind', 'int', 'self dim', 'dim'],
  ['unflatten', 'int', 'self dim sizes', ''],
  ['unfold', '', 'self dimension size step', ''],
  ['uniform_', '', 'self from to generator', 'from to'],
  ['unique_consecutive', '', 'self return_inverse return_counts dim', 'returnInverse returnCounts dim'],
  ['unsqueeze', '', 'self dim', ''],
  ['upsample_bicubic2d', '', 'self output_size align_corners scales_h scales_w', 'scalesH scalesW'],
  ['upsample_bicubic2d', 'vec', 'input output_size align_corners scale_factors', ''],
  ['upsample_bilinear2d', '', 'self output_size align_corners scales_h scales_w', 'scalesH scalesW'],
  ['upsample_bilinear2d', 'vec', 'input output_size align_corners scale_factors', ''],
  ['upsample_nearest2d', '', 'self output_size scales_h scales_w', 'scalesH scalesW'],
  ['upsample_nearest2d', 'vec', 'input output_size scale_factors', ''],
  ['var', 'correction', 'self dim correction keepdim', 'correction keepdim'],
  ['var', '', 'self unbiased', 'unbiased'],
  ['var', 'dim', 'self dim unbiased keepdim', 'unbiased keepdim'],
  ['var_mean', 'correction', 'self dim correction keepdim', 'correction keepdim'],
  ['var_mean', '', 'self unbiased', 'unbiased'],
  ['var_mean', 'dim', 'self dim unbiased keepdim', 'unbiased keepdim'],
  ['view', '', 'self size', ''],
  ['view', 'dtype', 'self dtype', ''],
  ['where', '', 'condition', ''],
  ['where', 'Scalar', 'condition self other', ''],
  ['where', 'ScalarOther', 'condition self other', ''],
  ['where', 'ScalarSelf', 'condition self other', ''],
  ['where', 'self', 'condition self other', ''],
  ['zero_', '', 'self', ''],
  ['zeros', '', 'size dtype layout device pin_memory', 'dtype device'],
  ['zeros_like', '', 'self dtype layout device pin_memory memory_format', 'dtype device memoryFormat'],
]);

/** `aten::_amp_foreach_non_finite_check_and_unscale_(Tensor(a!)[] self, Tensor(b!) found_inf, Tensor inv_scale) -> ()` */
export function _ampForeachNonFiniteCheckAndUnscale_(self: readonly Tensor[], foundInf: Tensor, invScale: Tensor): void {
  $.call($.id(0), $.slots(0, self), $.slot(0, foundInf), $.slot(0, invScale));
  return;
}

/** `aten::_amp_update_scale_(Tensor(a!) self, Tensor(b!) growth_tracker, Tensor found_inf, float scale_growth_factor, float scale_backoff_factor, int growth_interval) -> Tensor(a!)` */
export function _ampUpdateScale_(self: Tensor, growthTracker: Tensor, foundInf: Tensor, scaleGrowthFactor: number, scaleBackoffFactor: number, growthInterval: number): Tensor {
  $.call($.id(1), $.slot(1, self), $.slot(1, growthTracker), $.slot(1, foundInf), scaleGrowthFactor, scaleBackoffFactor, growthInterval);
  return self as Tensor;
}

/** `aten::_foreach_add.List(Tensor[] self, Tensor[] other, *, Scalar alpha=1) -> Tensor[]` */
export function _foreachAdd(self: readonly Tensor[], other: readonly Tensor[], options?: { alpha?: Scalar }): Tensor[];
/** `aten::_foreach_add.Scalar(Tensor[] self, Scalar scalar) -> Tensor[]` */
export function _foreachAdd(self: readonly Tensor[], scalar: Scalar): Tensor[];
/** `aten::_foreach_add.ScalarList(Tensor[] self, Scalar[] scalars) -> Tensor[]` */
export function _foreachAdd(self: readonly Tensor[], scalars: readonly Scalar[]): Tensor[];
export function _foreachAdd(a?: unknown, b?: unknown, c?: unknown): unknown {
  if ($.isTensors(a) && $.isTensors(b) && $.fits(2, c)) {
    if (c === undefined) {
      return $.madeAll(2, $.call($.id(2), $.slots(2, a), $.slots(2, b))) as Tensor[];
    }
    const o: { alpha?: unknown } = $.given(c);
    return $.madeAll(2, $.call($.id(2), $.slots(2, a), $.slots(2, b), o.alpha)) as Tensor[];
  }
  if ($.isTensors(a) && $.isScalar(b) && $.fits(3, c)) {
    return $.madeAll(3, $.call($.id(3), $.slots(3, a), b)) as Tensor[];
  }
  if ($.isTensors(a) && $.isNumbers(b) && $.fits(4, c)) {
    return $.madeAll(4, $.call($.id(4), $.slots(4, a), b)) as Tensor[];
  }
  throw $.noForm('_foreachAdd', [a, b, c], [2, 3, 4]);
}

/** `aten::_foreach_add_.List(Tensor(a!)[] self, Tensor[] other, *, Scalar alpha=1) -> ()` */
export function _foreachAdd_(self: readonly Tensor[], other: readonly Tensor[], options?: { alpha?: Scalar }): void;
/** `aten::_foreach_add_.Scalar(Tensor(a!)[] self, Scalar scalar) -> ()` */
export function _foreachAdd_(self: readonly Tensor[], scalar: Scalar): void;
/** `aten::_foreach_add_.ScalarList(Tensor(a!)[] self, Scalar[] scalars) -> ()` */
export function _foreachAdd_(self: readonly Tensor[], scalars: readonly Scalar[]): void;
export function _foreachAdd_(a?: unknown, b?: unknown, c?: unknown): unknown {
  if ($.isTensors(a) && $.isTensors(b) && $.fits(5, c)) {
    if (c === undefined) {
      $.call($.id(5), $.slots(5, a), $.slots(5, b));
      return;
    }
    const o: { alpha?: unknown } = $.given(c);
    $.call($.id(5), $.slots(5, a), $.slots(5, b), o.alpha);
    return;
  }
  if ($.isTensors(a) && $.isScalar(b) && $.fits(6, c)) {
    $.call($.id(6), $.slots(6, a), b);
    return;
  }
  if ($.isTensors(a) && $.isNumbers(b) && $.fits(7, c)) {
    $.call($.id(7), $.slots(7, a), b);
    return;
  }
  throw $.noForm('_foreachAdd_', [a, b, c], [5, 6, 7]);
}

/** `aten::_foreach_addcdiv.Scalar(Tensor[] self, Tensor[] tensor1, Tensor[] tensor2, Scalar value=1) -> Tensor[]` */
export function _foreachAddcdiv(self: readonly Tensor[], tensor1: readonly Tensor[], tensor2: readonly Tensor[], options?: { value?: Scalar }): Tensor[];
/** `aten::_foreach_addcdiv.ScalarList(Tensor[] self, Tensor[] tensor1, Tensor[] tensor2, Scalar[] scalars) -> Tensor[]` */
export function _foreachAddcdiv(self: readonly Tensor[], tensor1: readonly Tensor[], tensor2: readonly Tensor[], scalars: readonly Scalar[]): Tensor[];
export function _foreachAddcdiv(a?: unknown, b?: unknown, c?: unknown, d?: unknown, e?: unknown): unknown {
  if ($.isTensors(a) && $.isTensors(b) && $.isTensors(c) && $.fits(8, d)) {
    if (d === undefined) {
      return $.madeAll(8, $.call($.id(8), $.slots(8, a), $.slots(8, b), $.slots(8, c))) as Tensor[];
    }
    const o: { value?: unknown } = $.given(d);
    return $.madeAll(8, $.call($.id(8), $.slots(8, a), $.slots(8, b), $.slots(8, c), o.value)) as Tensor[];
  }
  if ($.isTensors(a) && $.isTensors(b) && $.isTensors(c) && $.isNumbers(d) && $.fits(9, e)) {
    return $.madeAll(9, $.call($.id(9), $.slots(9, a), $.slots(9, b), $.slots(9, c), d)) as Tensor[];
  }
  throw $.noForm('_foreachAddcdiv', [a, b, c, d, e], [8, 9]);
}

/** `aten::_foreach_addcdiv_.Scalar(Tensor(a!)[] self, Tensor[] tensor1, Tensor[] tensor2, Scalar value=1) -> ()` */
export function _foreachAddcdiv_(self: readonly Tensor[], tensor1: readonly Tensor[], tensor2: readonly Tensor[], options?: { value?: Scalar }): void;
/** `aten::_foreach_addcdiv_.ScalarList(Tensor(a!)[] self, Tensor[] tensor1, Tensor[] tensor2, Scalar[] scalars) -> ()` */
export function _foreachAddcdiv_(self: readonly Tensor[], tensor1: readonly Tensor[], tensor2: readonly Tensor[], scalars: readonly Scalar[]): void;
export function _foreachAddcdiv_(a?: unknown, b?: unknown, c?: unknown, d?: unknown, e?: unknown): unknown {
  if ($.isTensors(a) && $.isTensors(b) && $.isTensors(c) && $.fits(10, d)) {
    if (d === undefined) {
      $.call($.id(10), $.slots(10, a), $.slots(10, b), $.slots(10, c));
      return;
    }
    const o: { value?: unknown } = $.given(d);
    $.call($.id(10), $.slots(10, a), $.slots(10, b), $.slots(10, c), o.value);
    return;
  }
  if ($.isTensors(a) && $.isTensors(b) && $.isTensors(c) && $.isNumbers(d) && $.fits(11, e)) {
    $.call($.id(11), $.slots(11, a), $.slots(11, b), $.slots(11, c), d);
    return;
  }
  throw $.noForm('_foreachAddcdiv_', [a, b, c, d, e], [10, 11]);
}

/** `aten::_foreach_addcmul.Scalar(Tensor[] self, Tensor[] tensor1, Tensor[] tensor2, Scalar value=1) -> Tensor[]` */
export function _foreachAddcmul(self: readonly Tensor[], tensor1: readonly Tensor[], tensor2: readonly Tensor[], options?: { value?: Scalar }): Tensor[];
/** `aten::_foreach_addcmul.ScalarList(Tensor[] self, Tensor[] tensor1, Tensor[] tensor2, Scalar[] scalars) -> Tensor[]` */
export function _foreachAddcmul(self: readonly Tensor[], tensor1: readonly Tensor[], tensor2: readonly Tensor[], scalars: readonly Scalar[]): Tensor[];
export function _foreachAddcmul(a?: unknown, b?: unknown, c?: unknown, d?: unknown, e?: unknown): unknown {
  if ($.isTensors(a) && $.isTensors(b) && $.isTensors(c) && $.fits(12, d)) {
    if (d === undefined) {
      return $.madeAll(12, $.call($.id(12), $.slots(12, a), $.slots(12, b), $.slots(12, c))) as Tensor[];
    }
    const o: { value?: unknown } = $.given(d);
    return $.madeAll(12, $.call($.id(12), $.slots(12, a), $.slots(12, b), $.slots(12, c), o.value)) as Tensor[];
  }
  if ($.isTensors(a) && $.isTensors(b) && $.isTensors(c) && $.isNumbers(d) && $.fits(13, e)) {
    return $.madeAll(13, $.call($.id(13), $.slots(13, a), $.slots(13, b), $.slots(13, c), d)) as Tensor[];
  }
  throw $.noForm('_foreachAddcmul', [a, b, c, d, e], [12, 13]);
}

/** `aten::_foreach_addcmul_.Scalar(Tensor(a!)[] self, Tensor[] tensor1, Tensor[] tensor2, Scalar value=1) -> ()` */
export function _foreachAddcmul_(self: readonly Tensor[], tensor1: readonly Tensor[], tensor2: readonly Tensor[], options?: { value?: Scalar }): void;
/** `aten::_foreach_addcmul_.ScalarList(Tensor(a!)[] self, Tensor[] tensor1, Tensor[] tensor2, Scalar[] scalars) -> ()` */
export function _foreachAddcmul_(self: readonly Tensor[], tensor1: readonly Tensor[], tensor2: readonly Tensor[], scalars: readonly Scalar[]): void;
export function _foreachAddcmul_(a?: unknown, b?: unknown, c?: unknown, d?: unknown, e?: unknown): unknown {
  if ($.isTensors(a) && $.isTensors(b) && $.isTensors(c) && $.fits(14, d)) {
    if (d === undefined) {
      $.call($.id(14), $.slots(14, a), $.slots(14, b), $.slots(14, c));
      return;
    }
    const o: { value?: unknown } = $.given(d);
    $.call($.id(14), $.slots(14, a), $.slots(14, b), $.slots(14, c), o.value);
    return;
  }
  if ($.isTensors(a) && $.isTensors(b) && $.isTensors(c) && $.isNumbers(d) && $.fits(15, e)) {
    $.call($.id(15), $.slots(15, a), $.slots(15, b), $.slots(15, c), d);
    return;
  }
  throw $.noForm('_foreachAddcmul_', [a, b, c, d, e], [14, 15]);
}

/** `aten::_foreach_div.List(Tensor[] self, Tensor[] other) -> Tensor[]` */
export function _foreachDiv(self: readonly Tensor[], other: readonly Tensor[]): Tensor[];
/** `aten::_foreach_div.Scalar(Tensor[] self, Scalar scalar) -> Tensor[]` */
export function _foreachDiv(self: readonly Tensor[], scalar: Scalar): Tensor[];
/** `aten::_foreach_div.ScalarList(Tensor[] self, Scalar[] scalars) -> Tensor[]` */
export function _foreachDiv(self: readonly Tensor[], scalars: readonly Scalar[]): Tensor[];
export function _foreachDiv(a?: unknown, b?: unknown, c?: unknown): unknown {
  if ($.isTensors(a) && $.isTensors(b) && $.fits(16, c)) {
    return $.madeAll(16, $.call($.id(16), $.slots(16, a), $.slots(16, b))) as Tensor[];
  }
  if ($.isTensors(a) && $.isScalar(b) && $.fits(17, c)) {
    return $.madeAll(17, $.call($.id(17), $.slots(17, a), b)) as Tensor[];
  }
  if ($.isTensors(a) && $.isNumbers(b) && $.fits(18, c)) {
    return $.madeAll(18, $.call($.id(18), $.slots(18, a), b)) as Tensor[];
  }
  throw $.noForm('_foreachDiv', [a, b, c], [16, 17, 18]);
}

/** `aten::_foreach_div_.List(Tensor(a!)[] self, Tensor[] other) -> ()` */
export function _foreachDiv_(self: readonly Tensor[], other: readonly Tensor[]): void;
/** `aten::_foreach_div_.Scalar(Tensor(a!)[] self, Scalar scalar) -> ()` */
export function _foreachDiv_(self: readonly Tensor[], scalar: Scalar): void;
/** `aten::_foreach_div_.ScalarList(Tensor(a!)[] self, Scalar[] scalars) -> ()` */
export function _foreachDiv_(self: readonly Tensor[], scalars: readonly Scalar[]): void;
export function _foreachDiv_(a?: unknown, b?: unknown, c?: unknown): unknown {
  if ($.isTensors(a) && $.isTensors(b) && $.fits(19, c)) {
    $.call($.id(19), $.slots(19, a), $.slots(19, b));
    return;
  }
  if ($.isTensors(a) && $.isScalar(b) && $.fits(20, c)) {
    $.call($.id(20), $.slots(20, a), b);
    return;
  }
  if ($.isTensors(a) && $.isNumbers(b) && $.fits(21, c)) {
    $.call($.id(21), $.slots(21, a), b);
    return;
  }
  throw $.noForm('_foreachDiv_', [a, b, c], [19, 20, 21]);
}

/** `aten::_foreach_maximum_.List(Tensor(a!)[] self, Tensor[] other) -> ()` */
export function _foreachMaximum_(self: readonly Tensor[], other: readonly Tensor[]): void {
  $.call($.id(22), $.slots(22, self), $.slots(22, other));
  return;
}

/** `aten::_foreach_mul.List(Tensor[] self, Tensor[] other) -> Tensor[]` */
export function _foreachMul(self: readonly Tensor[], other: readonly Tensor[]): Tensor[];
/** `aten::_foreach_mul.Scalar(Tensor[] self, Scalar scalar) -> Tensor[]` */
export function _foreachMul(self: readonly Tensor[], scalar: Scalar): Tensor[];
/** `aten::_foreach_mul.ScalarList(Tensor[] self, Scalar[] scalars) -> Tensor[]` */
export function _foreachMul(self: readonly Tensor[], scalars: readonly Scalar[]): Tensor[];
export function _foreachMul(a?: unknown, b?: unknown, c?: unknown): unknown {
  if ($.isTensors(a) && $.isTensors(b) && $.fits(23, c)) {
    return $.madeAll(23, $.call($.id(23), $.slots(23, a), $.slots(23, b))) as Tensor[];
  }
  if ($.isTensors(a) && $.isScalar(b) && $.fits(24, c)) {
    return $.madeAll(24, $.call($.id(24), $.slots(24, a), b)) as Tensor[];
  }
  if ($.isTensors(a) && $.isNumbers(b) && $.fits(25, c)) {
    return $.madeAll(25, $.call($.id(25), $.slots(25, a), b)) as Tensor[];
  }
  throw $.noForm('_foreachMul', [a, b, c], [23, 24, 25]);
}

/** `aten::_foreach_mul_.List(Tensor(a!)[] self, Tensor[] other) -> ()` */
export function _foreachMul_(self: readonly Tensor[], other: readonly Tensor[]): void;
/** `aten::_foreach_mul_.Scalar(Tensor(a!)[] self, Scalar scalar) -> ()` */
export function _foreachMul_(self: readonly Tensor[], scalar: Scalar): void;
/** `aten::_foreach_mul_.ScalarList(Tensor(a!)[] self, Scalar[] scalars) -> ()` */
export function _foreachMul_(self: readonly Tensor[], scalars: readonly Scalar[]): void;
export function _foreachMul_(a?: unknown, b?: unknown, c?: unknown): unknown {
  if ($.isTensors(a) && $.isTensors(b) && $.fits(26, c)) {
    $.call($.id(26), $.slots(26, a), $.slots(26, b));
    return;
  }
  if ($.isTensors(a) && $.isScalar(b) && $.fits(27, c)) {
    $.call($.id(27), $.slots(27, a), b);
    return;
  }
  if ($.isTensors(a) && $.isNumbers(b) && $.fits(28, c)) {
    $.call($.id(28), $.slots(28, a), b);
    return;
  }
  throw $.noForm('_foreachMul_', [a, b, c], [26, 27, 28]);
}

/** `aten::_foreach_norm.Scalar(Tensor[] self, Scalar ord=2) -> Tensor[]` */
export function _foreachNorm(self: readonly Tensor[], options?: { ord?: Scalar }): Tensor[] {
  if (options === undefined) {
    return $.madeAll(29, $.call($.id(29), $.slots(29, self))) as Tensor[];
  }
  const o: { ord?: unknown } = $.checked(29, options, self);
  return $.madeAll(29, $.call($.id(29), $.slots(29, self), o.ord)) as Tensor[];
}

/** `aten::_foreach_sqrt(Tensor[] self) -> Tensor[]` */
export function _foreachSqrt(self: readonly Tensor[]): Tensor[] {
  return $.madeAll(30, $.call($.id(30), $.slots(30, self))) as Tensor[];
}

/** `aten::_foreach_sqrt_(Tensor(a!)[] self) -> ()` */
export function _foreachSqrt_(self: readonly Tensor[]): void {
  $.call($.id(31), $.slots(31, self));
  return;
}

/** `aten::_foreach_sub.List(Tensor[] self, Tensor[] other, *, Scalar alpha=1) -> Tensor[]` */
export function _foreachSub(self: readonly Tensor[], other: readonly Tensor[], options?: { alpha?: Scalar }): Tensor[];
/** `aten::_foreach_sub.Scalar(Tensor[] self, Scalar scalar) -> Tensor[]` */
export function _foreachSub(self: readonly Tensor[], scalar: Scalar): Tensor[];
/** `aten::_foreach_sub.ScalarList(Tensor[] self, Scalar[] scalars) -> Tensor[]` */
export function _foreachSub(self: readonly Tensor[], scalars: readonly Scalar[]): Tensor[];
export function _foreachSub(a?: unknown, b?: unknown, c?: unknown): unknown {
  if ($.isTensors(a) && $.isTensors(b) && $.fits(32, c)) {
    if (c === undefined) {
      return $.madeAll(32, $.call($.id(32), $.slots(32, a), $.slots(32, b))) as Tensor[];
    }
    const o: { alpha?: unknown } = $.given(c);
    return $.madeAll(32, $.call($.id(32), $.slots(32, a), $.slots(32, b), o.alpha)) as Tensor[];
  }
  if ($.isTensors(a) && $.isScalar(b) && $.fits(33, c)) {
    return $.madeAll(33, $.call($.id(33), $.slots(33, a), b)) as Tensor[];
  }
  if ($.isTensors(a) && $.isNumbers(b) && $.fits(34, c)) {
    return $.madeAll(34, $.call($.id(34), $.slots(34, a), b)) as Tensor[];
  }
  throw $.noForm('_foreachSub', [a, b, c], [32, 33, 34]);
}

/** `aten::_foreach_sub_.List(Tensor(a!)[] self, Tensor[] other, *, Scalar alpha=1) -> ()` */
export function _foreachSub_(self: readonly Tensor[], other: readonly Tensor[], options?: { alpha?: Scalar }): void;
/** `aten::_foreach_sub_.Scalar(Tensor(a!)[] self, Scalar scalar) -> ()` */
export function _foreachSub_(self: readonly Tensor[], scalar: Scalar): void;
/** `aten::_foreach_sub_.ScalarList(Tensor(a!)[] self, Scalar[] scalars) -> ()` */
export function _foreachSub_(self: readonly Tensor[], scalars: readonly Scalar[]): void;
export function _foreachSub_(a?: unknown, b?: unknown, c?: unknown): unknown {
  if ($.isTensors(a) && $.isTensors(b) && $.fits(35, c)) {
    if (c === undefined) {
      $.call($.id(35), $.slots(35, a), $.slots(35, b));
      return;
    }
    const o: { alpha?: unknown } = $.given(c);
    $.call($.id(35), $.slots(35, a), $.slots(35, b), o.alpha);
    return;
  }
  if ($.isTensors(a) && $.isScalar(b) && $.fits(36, c)) {
    $.call($.id(36), $.slots(36, a), b);
    return;
  }
  if ($.isTensors(a) && $.isNumbers(b) && $.fits(37, c)) {
    $.call($.id(37), $.slots(37, a), b);
    return;
  }
  throw $.noForm('_foreachSub_', [a, b, c], [35, 36, 37]);
}

/** `aten::_foreach_zero_(Tensor(a!)[] self) -> ()` */
export function _foreachZero_(self: readonly Tensor[]): void {
  $.call($.id(38), $.slots(38, self));
  return;
}

/** `aten::_upsample_bicubic2d_aa(Tensor self, SymInt[2] output_size, bool align_corners, float? scales_h=None, float? scales_w=None) -> Tensor` */
export function _upsampleBicubic2dAa(self: Tensor, outputSize: Sizes, alignCorners: boolean, options?: { scalesH?: number | null; scalesW?: number | null }): Tensor;
/** `aten::_upsample_bicubic2d_aa.vec(Tensor input, SymInt[]? output_size, bool align_corners, float[]? scale_factors) -> Tensor` */
export function _upsampleBicubic2dAa(input: Tensor, outputSize: readonly number[] | null, alignCorners: boolean, scaleFactors: readonly number[] | null): Tensor;
export function _upsampleBicubic2dAa(a?: unknown, b?: unknown, c?: unknown, d?: unknown, e?: unknown): unknown {
  if ($.isTensor(a) && ($.isNumbers(b) || $.isNumber(b)) && $.isBoolean(c) && $.fits(39, d)) {
    if (d === undefined) {
      return $.made(39, $.call($.id(39), $.slot(39, a), b, c));
    }
    const o: { scalesH?: unknown; scalesW?: unknown } = $.given(d);
    return $.made(39, $.call($.id(39), $.slot(39, a), b, c, o.scalesH, o.scalesW));
  }
  if ($.isTensor(a) && (b === null || $.isNumbers(b)) && $.isBoolean(c) && (d === null || $.isNumbers(d)) && $.fits(40, e)) {
    return $.made(40, $.call($.id(40), $.slot(40, a), b, c, d));
  }
  throw $.noForm('_upsampleBicubic2dAa', [a, b, c, d, e], [39, 40]);
}

/** `aten::_upsample_bilinear2d_aa(Tensor self, SymInt[2] output_size, bool align_corners, float? scales_h=None, float? scales_w=None) -> Tensor` */
export function _upsampleBilinear2dAa(self: Tensor, outputSize: Sizes, alignCorners: boolean, options?: { scalesH?: number | null; scalesW?: number | null }): Tensor;
/** `aten::_upsample_bilinear2d_aa.vec(Tensor input, SymInt[]? output_size, bool align_corners, float[]? scale_factors) -> Tensor` */
export function _upsampleBilinear2dAa(input: Tensor, outputSize: readonly number[] | null, alignCorners: boolean, scaleFactors: readonly number[] | null): Tensor;
export function _upsampleBilinear2dAa(a?: unknown, b?: unknown, c?: unknown, d?: unknown, e?: unknown): unknown {
  if ($.isTensor(a) && ($.isNumbers(b) || $.isNumber(b)) && $.isBoolean(c) && $.fits(41, d)) {
    if (d === undefined) {
      return $.made(41, $.call($.id(41), $.slot(41, a), b, c));
    }
    const o: { scalesH?: unknown; scalesW?: unknown } = $.given(d);
    return $.made(41, $.call($.id(41), $.slot(41, a), b, c, o.scalesH, o.scalesW));
  }
  if ($.isTensor(a) && (b === null || $.isNumbers(b)) && $.isBoolean(c) && (d === null || $.isNumbers(d)) && $.fits(42, e)) {
    return $.made(42, $.call($.id(42), $.slot(42, a), b, c, d));
  }
  throw $.noForm('_upsampleBilinear2dAa', [a, b, c, d, e], [41, 42]);
}

/** `aten::_weight_norm(Tensor v, Tensor g, int dim=0) -> Tensor` */
export function _weightNorm(v: Tensor, g: Tensor, options?: { dim?: number }): Tensor {
  if (options === undefined) {
    return $.made(43, $.call($.id(43), $.slot(43, v), $.slot(43, g)));
  }
  const o: { dim?: unknown } = $.checked(43, options, v);
  return $.made(43, $.call($.id(43), $.slot(43, v), $.slot(43, g), o.dim));
}

/** `aten::abs(Tensor self) -> Tensor` */
export function abs(self: Tensor): Tensor {
  return $.made(44, $.call($.id(44), $.slot(44, self)));
}

/** `aten::abs_(Tensor(a!) self) -> Tensor(a!)` */
export function abs_(self: Tensor): Tensor {
  $.call($.id(45), $.slot(45, self));
  return self as Tensor;
}

/** `aten::adaptive_avg_pool2d(Tensor self, SymInt[2] output_size) -> Tensor` */
export function adaptiveAvgPool2d(self: Tensor, outputSize: Sizes): Tensor {
  return $.made(46, $.call($.id(46), $.slot(46, self), outputSize));
}

/** `aten::adaptive_max_pool2d(Tensor self, int[2] output_size) -> (Tensor, Tensor)` */
export function adaptiveMaxPool2d(self: Tensor, outputSize: Sizes): [result0: Tensor, result1: Tensor] {
  return $.madeAll(47, $.call($.id(47), $.slot(47, self), outputSize)) as [result0: Tensor, result1: Tensor];
}

/** `aten::add.Scalar(Tensor self, Scalar other, Scalar alpha=1) -> Tensor` */
export function add(self: Tensor, other: Scalar, options?: { alpha?: Scalar }): Tensor;
/** `aten::add.Tensor(Tensor self, Tensor other, *, Scalar alpha=1) -> Tensor` */
export function add(self: Tensor, other: Tensor, options?: { alpha?: Scalar }): Tensor;
export function add(a?: unknown, b?: unknown, c?: unknown): unknown {
  if ($.isTensor(a) && $.isScalar(b) && $.fits(48, c)) {
    if (c === undefined) {
      return $.made(48, $.call($.id(48), $.slot(48, a), b));
    }
    const o: { alpha?: unknown } = $.given(c);
    return $.made(48, $.call($.id(48), $.slot(48, a), b, o.alpha));
  }
  if ($.isTensor(a) && $.isTensor(b) && $.fits(49, c)) {
    if (c === undefined) {
      return $.made(49, $.call($.id(49), $.slot(49, a), $.slot(49, b)));
    }
    const o: { alpha?: unknown } = $.given(c);
    return $.made(49, $.call($.id(49), $.slot(49, a), $.slot(49, b), o.alpha));
  }
  throw $.noForm('add', [a, b, c], [48, 49]);
}

/** `aten::add_.Scalar(Tensor(a!) self, Scalar other, Scalar alpha=1) -> Tensor(a!)` */
export function add_(self: Tensor, other: Scalar, options?: { alpha?: Scalar }): Tensor;
/** `aten::add_.Tensor(Tensor(a!) self, Tensor other, *, Scalar alpha=1) -> Tensor(a!)` */
export function add_(self: Tensor, other: Tensor, options?: { alpha?: Scalar }): Tensor;
export function add_(a?: unknown, b?: unknown, c?: unknown): unknown {
  if ($.isTensor(a) && $.isScalar(b) && $.fits(50, c)) {
    if (c === undefined) {
      $.call($.id(50), $.slot(50, a), b);
      return a as Tensor;
    }
    const o: { alpha?: unknown } = $.given(c);
    $.call($.id(50), $.slot(50, a), b, o.alpha);
    return a as Tensor;
  }
  if ($.isTensor(a) && $.isTensor(b) && $.fits(51, c)) {
    if (c === undefined) {
      $.call($.id(51), $.slot(51, a), $.slot(51, b));
      return a as Tensor;
    }
    const o: { alpha?: unknown } = $.given(c);
    $.call($.id(51), $.slot(51, a), $.slot(51, b), o.alpha);
    return a as Tensor;
  }
  throw $.noForm('add_', [a, b, c], [50, 51]);
}

/** `aten::addcdiv(Tensor self, Tensor tensor1, Tensor tensor2, *, Scalar value=1) -> Tensor` */
export function addcdiv(self: Tensor, tensor1: Tensor, tensor2: Tensor, options?: { value?: Scalar }): Tensor {
  if (options === undefined) {
    return $.made(52, $.call($.id(52), $.slot(52, self), $.slot(52, tensor1), $.slot(52, tensor2)));
  }
  const o: { value?: unknown } = $.checked(52, options, self);
  return $.made(52, $.call($.id(52), $.slot(52, self), $.slot(52, tensor1), $.slot(52, tensor2), o.value));
}

/** `aten::addcdiv_(Tensor(a!) self, Tensor tensor1, Tensor tensor2, *, Scalar value=1) -> Tensor(a!)` */
export function addcdiv_(self: Tensor, tensor1: Tensor, tensor2: Tensor, options?: { value?: Scalar }): Tensor {
  if (options === undefined) {
    $.call($.id(53), $.slot(53, self), $.slot(53, tensor1), $.slot(53, tensor2));
    return self as Tensor;
  }
  const o: { value?: unknown } = $.checked(53, options, self);
  $.call($.id(53), $.slot(53, self), $.slot(53, tensor1), $.slot(53, tensor2), o.value);
  return self as Tensor;
}

/** `aten::addcmul(Tensor self, Tensor tensor1, Tensor tensor2, *, Scalar value=1) -> Tensor` */
export function addcmul(self: Tensor, tensor1: Tensor, tensor2: Tensor, options?: { value?: Scalar }): Tensor {
  if (options === undefined) {
    return $.made(54, $.call($.id(54), $.slot(54, self), $.slot(54, tensor1), $.slot(54, tensor2)));
  }
  const o: { value?: unknown } = $.checked(54, options, self);
  return $.made(54, $.call($.id(54), $.slot(54, self), $.slot(54, tensor1), $.slot(54, tensor2), o.value));
}

/** `aten::addcmul_(Tensor(a!) self, Tensor tensor1, Tensor tensor2, *, Scalar value=1) -> Tensor(a!)` */
export function addcmul_(self: Tensor, tensor1: Tensor, tensor2: Tensor, options?: { value?: Scalar }): Tensor {
  if (options === undefined) {
    $.call($.id(55), $.slot(55, self), $.slot(55, tensor1), $.slot(55, tensor2));
    return self as Tensor;
  }
  const o: { value?: unknown } = $.checked(55, options, self);
  $.call($.id(55), $.slot(55, self), $.slot(55, tensor1), $.slot(55, tensor2), o.value);
  return self as Tensor;
}

/** `aten::addmm(Tensor self, Tensor mat1, Tensor mat2, *, Scalar beta=1, Scalar alpha=1) -> Tensor` */
export function addmm(self: Tensor, mat1: Tensor, mat2: Tensor, options?: { beta?: Scalar; alpha?: Scalar }): Tensor {
  if (options === undefined) {
    return $.made(56, $.call($.id(56), $.slot(56, self), $.slot(56, mat1), $.slot(56, mat2)));
  }
  const o: { beta?: unknown; alpha?: unknown } = $.checked(56, options, self);
  return $.made(56, $.call($.id(56), $.slot(56, self), $.slot(56, mat1), $.slot(56, mat2), o.beta, o.alpha));
}

/** `aten::addmm_(Tensor(a!) self, Tensor mat1, Tensor mat2, *, Scalar beta=1, Scalar alpha=1) -> Tensor(a!)` */
export function addmm_(self: Tensor, mat1: Tensor, mat2: Tensor, options?: { beta?: Scalar; alpha?: Scalar }): Tensor {
  if (options === undefined) {
    $.call($.id(57), $.slot(57, self), $.slot(57, mat1), $.slot(57, mat2));
    return self as Tensor;
  }
  const o: { beta?: unknown; alpha?: unknown } = $.checked(57, options, self);
  $.call($.id(57), $.slot(57, self), $.slot(57, mat1), $.slot(57, mat2), o.beta, o.alpha);
  return self as Tensor;
}

/** `aten::affine_grid_generator(Tensor theta, int[] size, bool align_corners) -> Tensor` */
export function affineGridGenerator(theta: Tensor, size: readonly number[], alignCorners: boolean): Tensor {
  return $.made(58, $.call($.id(58), $.slot(58, theta), size, alignCorners));
}

/** `aten::all(Tensor self) -> Tensor` */
export function all(self: Tensor): Tensor;
/** `aten::all.dim(Tensor self, int dim, bool keepdim=False) -> Tensor` */
export function all(self: Tensor, dim: number, options?: { keepdim?: boolean }): Tensor;
export function all(a?: unknown, b?: unknown, c?: unknown): unknown {
  if ($.isTensor(a) && $.fits(59, b)) {
    return $.made(59, $.call($.id(59), $.slot(59, a)));
  }
  if ($.isTensor(a) && $.isNumber(b) && $.fits(60, c)) {
    if (c === undefined) {
      return $.made(60, $.call($.id(60), $.slot(60, a), b));
    }
    const o: { keepdim?: unknown } = $.given(c);
    return $.made(60, $.call($.id(60), $.slot(60, a), b, o.keepdim));
  }
  throw $.noForm('all', [a, b, c], [59, 60]);
}

/** `aten::allclose(Tensor self, Tensor other, float rtol=1.0000000000000001e-05, float atol=1e-08, bool equal_nan=False) -> bool` */
export function allclose(self: Tensor, other: Tensor, options?: { rtol?: number; atol?: number; equalNan?: boolean }): boolean {
  if (options === undefined) {
    return $.call($.id(61), $.slot(61, self), $.slot(61, other)) as boolean;
  }
  const o: { rtol?: unknown; atol?: unknown; equalNan?: unknown } = $.checked(61, options, self);
  return $.call($.id(61), $.slot(61, self), $.slot(61, other), o.rtol, o.atol, o.equalNan) as boolean;
}

/** `aten::amax(Tensor self, int[1] dim=[], bool keepdim=False) -> Tensor` */
export function amax(self: Tensor, options?: { dim?: Sizes; keepdim?: boolean }): Tensor {
  if (options === undefined) {
    return $.made(62, $.call($.id(62), $.slot(62, self)));
  }
  const o: { dim?: unknown; keepdim?: unknown } = $.checked(62, options, self);
  return $.made(62, $.call($.id(62), $.slot(62, self), o.dim, o.keepdim));
}

/** `aten::amin(Tensor self, int[1] dim=[], bool keepdim=False) -> Tensor` */
export function amin(self: Tensor, options?: { dim?: Sizes; keepdim?: boolean }): Tensor {
  if (options === undefined) {
    return $.made(63, $.call($.id(63), $.slot(63, self)));
  }
  const o: { dim?: unknown; keepdim?: unknown } = $.checked(63, options, self);
  return $.made(63, $.call($.id(63), $.slot(63, self), o.dim, o.keepdim));
}

/** `aten::aminmax(Tensor self, *, int? dim=None, bool keepdim=False) -> (Tensor min, Tensor max)` */
export function aminmax(self: Tensor, options?: { dim?: number | null; keepdim?: boolean }): [min: Tensor, max: Tensor] {
  if (options === undefined) {
    return $.madeAll(64, $.call($.id(64), $.slot(64, self))) as [min: Tensor, max: Tensor];
  }
  const o: { dim?: unknown; keepdim?: unknown } = $.checked(64, options, self);
  return $.madeAll(64, $.call($.id(64), $.slot(64, self), o.dim, o.keepdim)) as [min: Tensor, max: Tensor];
}

/** `aten::any(Tensor self) -> Tensor` */
export function any(self: Tensor): Tensor;
/** `aten::any.dim(Tensor self, int dim, bool keepdim=False) -> Tensor` */
export function any(self: Tensor, dim: number, options?: { keepdim?: boolean }): Tensor;
export function any(a?: unknown, b?: unknown, c?: unknown): unknown {
  if ($.isTensor(a) && $.fits(65, b)) {
    return $.made(65, $.call($.id(65), $.slot(65, a)));
  }
  if ($.isTensor(a) && $.isNumber(b) && $.fits(66, c)) {
    if (c === undefined) {
      return $.made(66, $.call($.id(66), $.slot(66, a), b));
    }
    const o: { keepdim?: unknown } = $.given(c);
    return $.made(66, $.call($.id(66), $.slot(66, a), b, o.keepdim));
  }
  throw $.noForm('any', [a, b, c], [65, 66]);
}

/** `aten::arange(Scalar end, *, ScalarType? dtype=None, Layout? layout=None, Device? device=None, bool? pin_memory=None) -> Tensor` */
export function arange(end: Scalar, options?: { dtype?: DType | null; device?: Device | null }): Tensor;
/** `aten::arange.start(Scalar start, Scalar end, *, ScalarType? dtype=None, Layout? layout=None, Device? device=None, bool? pin_memory=None) -> Tensor` */
export function arange(start: Scalar, end: Scalar, options?: { dtype?: DType | null; device?: Device | null }): Tensor;
/** `aten::arange.start_step(Scalar start, Scalar end, Scalar step=1, *, ScalarType? dtype=None, Layout? layout=None, Device? device=None, bool? pin_memory=None) -> Tensor` */
export function arange(start: Scalar, end: Scalar, options?: { step?: Scalar; dtype?: DType | null; device?: Device | null }): Tensor;
export function arange(a?: unknown, b?: unknown, c?: unknown): unknown {
  if ($.isScalar(a) && $.fits(67, b)) {
    const o: { dtype?: unknown; device?: unknown } = $.given(b);
    return $.made(67, $.call($.id(67), a, o.dtype ?? 'float32', undefined, o.device));
  }
  if ($.isScalar(a) && $.isScalar(b) && $.fits(68, c)) {
    const o: { dtype?: unknown; device?: unknown } = $.given(c);
    return $.made(68, $.call($.id(68), a, b, o.dtype ?? 'float32', undefined, o.device));
  }
  if ($.isScalar(a) && $.isScalar(b) && $.fits(69, c)) {
    const o: { step?: unknown; dtype?: unknown; device?: unknown } = $.given(c);
    return $.made(69, $.call($.id(69), a, b, o.step, o.dtype ?? 'float32', undefined, o.device));
  }
  throw $.noForm('arange', [a, b, c], [67, 68, 69]);
}

/** `aten::argmax(Tensor self, int? dim=None, bool keepdim=False) -> Tensor` */
export function argmax(self: Tensor, options?: { dim?: number | null; keepdim?: boolean }): Tensor {
  if (options === undefined) {
    return $.made(70, $.call($.id(70), $.slot(70, self)));
  }
  const o: { dim?: unknown; keepdim?: unknown } = $.checked(70, options, self);
  return $.made(70, $.call($.id(70), $.slot(70, self), o.dim, o.keepdim));
}

/** `aten::argmin(Tensor self, int? dim=None, bool keepdim=False) -> Tensor` */
export function argmin(self: Tensor, options?: { dim?: number | null; keepdim?: boolean }): Tensor {
  if (options === undefined) {
    return $.made(71, $.call($.id(71), $.slot(71, self)));
  }
  const o: { dim?: unknown; keepdim?: unknown } = $.checked(71, options, self);
  return $.made(71, $.call($.id(71), $.slot(71, self), o.dim, o.keepdim));
}

/** `aten::argsort.stable(Tensor self, *, bool stable, int dim=-1, bool descending=False) -> Tensor` */
export function argsort(self: Tensor, options: { stable: boolean; dim?: number; descending?: boolean }): Tensor;
/** `aten::argsort(Tensor self, int dim=-1, bool descending=False) -> Tensor` */
export function argsort(self: Tensor, options?: { dim?: number; descending?: boolean }): Tensor;
export function argsort(a?: unknown, b?: unknown): unknown {
  if ($.isTensor(a) && $.has(b, 'stable') && $.fits(72, b)) {
    const o: { stable?: unknown; dim?: unknown; descending?: unknown } = $.given(b);
    return $.made(72, $.call($.id(72), $.slot(72, a), o.stable, o.dim, o.descending));
  }
  if ($.isTensor(a) && $.fits(73, b)) {
    if (b === undefined) {
      return $.made(73, $.call($.id(73), $.slot(73, a)));
    }
    const o: { dim?: unknown; descending?: unknown } = $.given(b);
    return $.made(73, $.call($.id(73), $.slot(73, a), o.dim, o.descending));
  }
  throw $.noForm('argsort', [a, b], [72, 73]);
}

/** `aten::atan2(Tensor self, Tensor other) -> Tensor` */
export function atan2(self: Tensor, other: Tensor): Tensor {
  return $.made(74, $.call($.id(74), $.slot(74, self), $.slot(74, other)));
}

/** `aten::avg_pool2d(Tensor self, int[2] kernel_size, int[2] stride=[], int[2] padding=0, bool ceil_mode=False, bool count_include_pad=True, int? divisor_override=None) -> Tensor` */
export function avgPool2d(self: Tensor, kernelSize: Sizes, options?: { stride?: Sizes; padding?: Sizes; ceilMode?: boolean; countIncludePad?: boolean; divisorOverride?: number | null }): Tensor {
  if (options === undefined) {
    return $.made(75, $.call($.id(75), $.slot(75, self), kernelSize));
  }
  const o: { stride?: unknown; padding?: unknown; ceilMode?: unknown; countIncludePad?: unknown; divisorOverride?: unknown } = $.checked(75, options, self);
  return $.made(75, $.call($.id(75), $.slot(75, self), kernelSize, o.stride, o.padding, o.ceilMode, o.countIncludePad, o.divisorOverride));
}

/** `aten::baddbmm(Tensor self, Tensor batch1, Tensor batch2, *, Scalar beta=1, Scalar alpha=1) -> Tensor` */
export function baddbmm(self: Tensor, batch1: Tensor, batch2: Tensor, options?: { beta?: Scalar; alpha?: Scalar }): Tensor {
  if (options === undefined) {
    return $.made(76, $.call($.id(76), $.slot(76, self), $.slot(76, batch1), $.slot(76, batch2)));
  }
  const o: { beta?: unknown; alpha?: unknown } = $.checked(76, options, self);
  return $.made(76, $.call($.id(76), $.slot(76, self), $.slot(76, batch1), $.slot(76, batch2), o.beta, o.alpha));
}

/** `aten::batch_norm(Tensor input, Tensor? weight, Tensor? bias, Tensor? running_mean, Tensor? running_var, bool training, float momentum, float eps, bool cudnn_enabled) -> Tensor` */
export function batchNorm(input: Tensor, weight: Tensor | null, bias: Tensor | null, runningMean: Tensor | null, runningVar: Tensor | null, training: boolean, momentum: number, eps: number, cudnnEnabled: boolean): Tensor {
  return $.made(77, $.call($.id(77), $.slot(77, input), $.optionalSlot(77, weight), $.optionalSlot(77, bias), $.optionalSlot(77, runningMean), $.optionalSlot(77, runningVar), training, momentum, eps, cudnnEnabled));
}

/** `aten::bernoulli(Tensor self, *, Generator? generator=None) -> Tensor` */
export function bernoulli(self: Tensor): Tensor;
/** `aten::bernoulli.Tensor(Tensor self, Tensor p, *, Generator? generator=None) -> Tensor` */
export function bernoulli(self: Tensor, p: Tensor): Tensor;
/** `aten::bernoulli.p(Tensor self, float p, *, Generator? generator=None) -> Tensor` */
export function bernoulli(self: Tensor, p: number): Tensor;
export function bernoulli(a?: unknown, b?: unknown, c?: unknown): unknown {
  if ($.isTensor(a) && $.fits(78, b)) {
    return $.made(78, $.call($.id(78), $.slot(78, a)));
  }
  if ($.isTensor(a) && $.isTensor(b) && $.fits(79, c)) {
    return $.made(79, $.call($.id(79), $.slot(79, a), $.slot(79, b)));
  }
  if ($.isTensor(a) && $.isNumber(b) && $.fits(80, c)) {
    return $.made(80, $.call($.id(80), $.slot(80, a), b));
  }
  throw $.noForm('bernoulli', [a, b, c], [78, 79, 80]);
}

/** `aten::bernoulli_.Tensor(Tensor(a!) self, Tensor p, *, Generator? generator=None) -> Tensor(a!)` */
export function bernoulli_(self: Tensor, p: Tensor): Tensor;
/** `aten::bernoulli_.float(Tensor(a!) self, float p=0.5, *, Generator? generator=None) -> Tensor(a!)` */
export function bernoulli_(self: Tensor, options?: { p?: number }): Tensor;
export function bernoulli_(a?: unknown, b?: unknown, c?: unknown): unknown {
  if ($.isTensor(a) && $.isTensor(b) && $.fits(81, c)) {
    $.call($.id(81), $.slot(81, a), $.slot(81, b));
    return a as Tensor;
  }
  if ($.isTensor(a) && $.fits(82, b)) {
    if (b === undefined) {
      $.call($.id(82), $.slot(82, a));
      return a as Tensor;
    }
    const o: { p?: unknown } = $.given(b);
    $.call($.id(82), $.slot(82, a), o.p);
    return a as Tensor;
  }
  throw $.noForm('bernoulli_', [a, b, c], [81, 82]);
}

/** `aten::binary_cross_entropy(Tensor self, Tensor target, Tensor? weight=None, int reduction=1) -> Tensor` */
export function binaryCrossEntropy(self: Tensor, target: Tensor, options?: { weight?: Tensor | null; reduction?: number }): Tensor {
  if (options === undefined) {
    return $.made(83, $.call($.id(83), $.slot(83, self), $.slot(83, target)));
  }
  const o: { weight?: unknown; reduction?: unknown } = $.checked(83, options, self);
  return $.made(83, $.call($.id(83), $.slot(83, self), $.slot(83, target), $.optionalSlot(83, o.weight), o.reduction));
}

/** `aten::binary_cross_entropy_with_logits(Tensor self, Tensor target, Tensor? weight=None, Tensor? pos_weight=None, int reduction=1) -> Tensor` */
export function binaryCrossEntropyWithLogits(self: Tensor, target: Tensor, options?: { weight?: Tensor | null; posWeight?: Tensor | null; reduction?: number }): Tensor {
  if (options === undefined) {
    return $.made(84, $.call($.id(84), $.slot(84, self), $.slot(84, target)));
  }
  const o: { weight?: unknown; posWeight?: unknown; reduction?: unknown } = $.checked(84, options, self);
  return $.made(84, $.call($.id(84), $.slot(84, self), $.slot(84, target), $.optionalSlot(84, o.weight), $.optionalSlot(84, o.posWeight), o.reduction));
}

/** `aten::bincount(Tensor self, Tensor? weights=None, int minlength=0) -> Tensor` */
export function bincount(self: Tensor, options?: { weights?: Tensor | null; minlength?: number }): Tensor {
  if (options === undefined) {
    return $.made(85, $.call($.id(85), $.slot(85, self)));
  }
  const o: { weights?: unknown; minlength?: unknown } = $.checked(85, options, self);
  return $.made(85, $.call($.id(85), $.slot(85, self), $.optionalSlot(85, o.weights), o.minlength));
}

/** `aten::bmm(Tensor self, Tensor mat2) -> Tensor` */
export function bmm(self: Tensor, mat2: Tensor): Tensor {
  return $.made(86, $.call($.id(86), $.slot(86, self), $.slot(86, mat2)));
}

/** `aten::broadcast_to(Tensor(a) self, int[] size) -> Tensor(a)` */
export function broadcastTo(self: Tensor, size: readonly number[]): Tensor {
  return $.made(87, $.call($.id(87), $.slot(87, self), size));
}

/** `aten::cat(Tensor[] tensors, int dim=0) -> Tensor` */
export function cat(tensors: readonly Tensor[], options?: { dim?: number }): Tensor {
  if (options === undefined) {
    return $.made(88, $.call($.id(88), $.slots(88, tensors)));
  }
  const o: { dim?: unknown } = $.checked(88, options, tensors);
  return $.made(88, $.call($.id(88), $.slots(88, tensors), o.dim));
}

/** `aten::cdist(Tensor x1, Tensor x2, float p=2., int? compute_mode=None) -> Tensor` */
export function cdist(x1: Tensor, x2: Tensor, options?: { p?: number; computeMode?: number | null }): Tensor {
  if (options === undefined) {
    return $.made(89, $.call($.id(89), $.slot(89, x1), $.slot(89, x2)));
  }
  const o: { p?: unknown; computeMode?: unknown } = $.checked(89, options, x1);
  return $.made(89, $.call($.id(89), $.slot(89, x1), $.slot(89, x2), o.p, o.computeMode));
}

/** `aten::ceil(Tensor self) -> Tensor` */
export function ceil(self: Tensor): Tensor {
  return $.made(90, $.call($.id(90), $.slot(90, self)));
}

/** `aten::chunk(Tensor(a -> *) self, int chunks, int dim=0) -> Tensor(a)[]` */
export function chunk(self: Tensor, chunks: number, options?: { dim?: number }): Tensor[] {
  if (options === undefined) {
    return $.madeAll(91, $.call($.id(91), $.slot(91, self), chunks)) as Tensor[];
  }
  const o: { dim?: unknown } = $.checked(91, options, self);
  return $.madeAll(91, $.call($.id(91), $.slot(91, self), chunks, o.dim)) as Tensor[];
}

/** `aten::clamp(Tensor self, Scalar? min=None, Scalar? max=None) -> Tensor` */
export function clamp(self: Tensor, options?: { min?: Scalar | null; max?: Scalar | null }): Tensor {
  if (options === undefined) {
    return $.made(92, $.call($.id(92), $.slot(92, self)));
  }
  const o: { min?: unknown; max?: unknown } = $.checked(92, options, self);
  return $.made(92, $.call($.id(92), $.slot(92, self), o.min, o.max));
}

/** `aten::clamp_(Tensor(a!) self, Scalar? min=None, Scalar? max=None) -> Tensor(a!)` */
export function clamp_(self: Tensor, options?: { min?: Scalar | null; max?: Scalar | null }): Tensor {
  if (options === undefined) {
    $.call($.id(93), $.slot(93, self));
    return self as Tensor;
  }
  const o: { min?: unknown; max?: unknown } = $.checked(93, options, self);
  $.call($.id(93), $.slot(93, self), o.min, o.max);
  return self as Tensor;
}

/** `aten::clamp_max(Tensor self, Scalar max) -> Tensor` */
export function clampMax(self: Tensor, max: Scalar): Tensor;
/** `aten::clamp_max.Tensor(Tensor self, Tensor max) -> Tensor` */
export function clampMax(self: Tensor, max: Tensor): Tensor;
export function clampMax(a?: unknown, b?: unknown, c?: unknown): unknown {
  if ($.isTensor(a) && $.isScalar(b) && $.fits(94, c)) {
    return $.made(94, $.call($.id(94), $.slot(94, a), b));
  }
  if ($.isTensor(a) && $.isTensor(b) && $.fits(95, c)) {
    return $.made(95, $.call($.id(95), $.slot(95, a), $.slot(95, b)));
  }
  throw $.noForm('clampMax', [a, b, c], [94, 95]);
}

/** `aten::clamp_min(Tensor self, Scalar min) -> Tensor` */
export function clampMin(self: Tensor, min: Scalar): Tensor;
/** `aten::clamp_min.Tensor(Tensor self, Tensor min) -> Tensor` */
export function clampMin(self: Tensor, min: Tensor): Tensor;
export function clampMin(a?: unknown, b?: unknown, c?: unknown): unknown {
  if ($.isTensor(a) && $.isScalar(b) && $.fits(96, c)) {
    return $.made(96, $.call($.id(96), $.slot(96, a), b));
  }
  if ($.isTensor(a) && $.isTensor(b) && $.fits(97, c)) {
    return $.made(97, $.call($.id(97), $.slot(97, a), $.slot(97, b)));
  }
  throw $.noForm('clampMin', [a, b, c], [96, 97]);
}

/** `aten::clone(Tensor self, *, MemoryFormat? memory_format=None) -> Tensor` */
export function clone(self: Tensor, options?: { memoryFormat?: MemoryFormat | null }): Tensor {
  if (options === undefined) {
    return $.made(98, $.call($.id(98), $.slot(98, self)));
  }
  const o: { memoryFormat?: unknown } = $.checked(98, options, self);
  return $.made(98, $.call($.id(98), $.slot(98, self), o.memoryFormat));
}

/** `aten::col2im(Tensor self, SymInt[2] output_size, int[2] kernel_size, int[2] dilation, int[2] padding, int[2] stride) -> Tensor` */
export function col2im(self: Tensor, outputSize: Sizes, kernelSize: Sizes, dilation: Sizes, padding: Sizes, stride: Sizes): Tensor {
  return $.made(99, $.call($.id(99), $.slot(99, self), outputSize, kernelSize, dilation, padding, stride));
}

/** `aten::constant_pad_nd(Tensor self, int[] pad, Scalar value=0) -> Tensor` */
export function constantPadNd(self: Tensor, pad: readonly number[], options?: { value?: Scalar }): Tensor {
  if (options === undefined) {
    return $.made(100, $.call($.id(100), $.slot(100, self), pad));
  }
  const o: { value?: unknown } = $.checked(100, options, self);
  return $.made(100, $.call($.id(100), $.slot(100, self), pad, o.value));
}

/** `aten::contiguous(Tensor(a) self, *, MemoryFormat memory_format=0) -> Tensor(a)` */
export function contiguous(self: Tensor, options?: { memoryFormat?: MemoryFormat }): Tensor {
  if (options === undefined) {
    return $.made(101, $.call($.id(101), $.slot(101, self)));
  }
  const o: { memoryFormat?: unknown } = $.checked(101, options, self);
  return $.made(101, $.call($.id(101), $.slot(101, self), o.memoryFormat));
}

/** `aten::conv2d(Tensor input, Tensor weight, Tensor? bias=None, int[2] stride=1, int[2] padding=0, int[2] dilation=1, int groups=1) -> Tensor` */
export function conv2d(input: Tensor, weight: Tensor, options?: { bias?: Tensor | null; stride?: Sizes; padding?: Sizes; dilation?: Sizes; groups?: number }): Tensor {
  if (options === undefined) {
    return $.made(102, $.call($.id(102), $.slot(102, input), $.slot(102, weight)));
  }
  const o: { bias?: unknown; stride?: unknown; padding?: unknown; dilation?: unknown; groups?: unknown } = $.checked(102, options, input);
  return $.made(102, $.call($.id(102), $.slot(102, input), $.slot(102, weight), $.optionalSlot(102, o.bias), o.stride, o.padding, o.dilation, o.groups));
}

/** `aten::conv_transpose2d.input(Tensor input, Tensor weight, Tensor? bias=None, int[2] stride=1, int[2] padding=0, int[2] output_padding=0, int groups=1, int[2] dilation=1) -> Tensor` */
export function convTranspose2d(input: Tensor, weight: Tensor, options?: { bias?: Tensor | null; stride?: Sizes; padding?: Sizes; outputPadding?: Sizes; groups?: number; dilation?: Sizes }): Tensor {
  if (options === undefined) {
    return $.made(103, $.call($.id(103), $.slot(103, input), $.slot(103, weight)));
  }
  const o: { bias?: unknown; stride?: unknown; padding?: unknown; outputPadding?: unknown; groups?: unknown; dilation?: unknown } = $.checked(103, options, input);
  return $.made(103, $.call($.id(103), $.slot(103, input), $.slot(103, weight), $.optionalSlot(103, o.bias), o.stride, o.padding, o.outputPadding, o.groups, o.dilation));
}

/** `aten::copy_(Tensor(a!) self, Tensor src, bool non_blocking=False) -> Tensor(a!)` */
export function copy_(self: Tensor, src: Tensor, options?: { nonBlocking?: boolean }): Tensor {
  if (options === undefined) {
    $.call($.id(104), $.slot(104, self), $.slot(104, src));
    return self as Tensor;
  }
  const o: { nonBlocking?: unknown } = $.checked(104, options, self);
  $.call($.id(104), $.slot(104, self), $.slot(104, src), o.nonBlocking);
  return self as Tensor;
}

/** `aten::copysign_.Scalar(Tensor(a!) self, Scalar other) -> Tensor(a!)` */
export function copysign_(self: Tensor, other: Scalar): Tensor;
/** `aten::copysign_.Tensor(Tensor(a!) self, Tensor other) -> Tensor(a!)` */
export function copysign_(self: Tensor, other: Tensor): Tensor;
export function copysign_(a?: unknown, b?: unknown, c?: unknown): unknown {
  if ($.isTensor(a) && $.isScalar(b) && $.fits(105, c)) {
    $.call($.id(105), $.slot(105, a), b);
    return a as Tensor;
  }
  if ($.isTensor(a) && $.isTensor(b) && $.fits(106, c)) {
    $.call($.id(106), $.slot(106, a), $.slot(106, b));
    return a as Tensor;
  }
  throw $.noForm('copysign_', [a, b, c], [105, 106]);
}

/** `aten::cos(Tensor self) -> Tensor` */
export function cos(self: Tensor): Tensor {
  return $.made(107, $.call($.id(107), $.slot(107, self)));
}

/** `aten::cosine_similarity(Tensor x1, Tensor x2, int dim=1, float eps=1e-08) -> Tensor` */
export function cosineSimilarity(x1: Tensor, x2: Tensor, options?: { dim?: number; eps?: number }): Tensor {
  if (options === undefined) {
    return $.made(108, $.call($.id(108), $.slot(108, x1), $.slot(108, x2)));
  }
  const o: { dim?: unknown; eps?: unknown } = $.checked(108, options, x1);
  return $.made(108, $.call($.id(108), $.slot(108, x1), $.slot(108, x2), o.dim, o.eps));
}

/** `aten::count_nonzero(Tensor self, int? dim=None) -> Tensor` */
export function countNonzero(self: Tensor, options?: { dim?: number | null }): Tensor;
/** `aten::count_nonzero.dim_IntList(Tensor self, int[] dim) -> Tensor` */
export function countNonzero(self: Tensor, dim: readonly number[]): Tensor;
export function countNonzero(a?: unknown, b?: unknown, c?: unknown): unknown {
  if ($.isTensor(a) && $.fits(109, b)) {
    if (b === undefined) {
      return $.made(109, $.call($.id(109), $.slot(109, a)));
    }
    const o: { dim?: unknown } = $.given(b);
    return $.made(109, $.call($.id(109), $.slot(109, a), o.dim));
  }
  if ($.isTensor(a) && $.isNumbers(b) && $.fits(110, c)) {
    return $.made(110, $.call($.id(110), $.slot(110, a), b));
  }
  throw $.noForm('countNonzero', [a, b, c], [109, 110]);
}

/** `aten::cov(Tensor self, *, int correction=1, Tensor? fweights=None, Tensor? aweights=None) -> Tensor` */
export function cov(self: Tensor, options?: { correction?: number; fweights?: Tensor | null; aweights?: Tensor | null }): Tensor {
  if (options === undefined) {
    return $.made(111, $.call($.id(111), $.slot(111, self)));
  }
  const o: { correction?: unknown; fweights?: unknown; aweights?: unknown } = $.checked(111, options, self);
  return $.made(111, $.call($.id(111), $.slot(111, self), o.correction, $.optionalSlot(111, o.fweights), $.optionalSlot(111, o.aweights)));
}

/** `aten::cross_entropy_loss(Tensor self, Tensor target, Tensor? weight=None, int reduction=1, int ignore_index=-100, float label_smoothing=0.) -> Tensor` */
export function crossEntropyLoss(self: Tensor, target: Tensor, options?: { weight?: Tensor | null; reduction?: number; ignoreIndex?: number; labelSmoothing?: number }): Tensor {
  if (options === undefined) {
    return $.made(112, $.call($.id(112), $.slot(112, self), $.slot(112, target)));
  }
  const o: { weight?: unknown; reduction?: unknown; ignoreIndex?: unknown; labelSmoothing?: unknown } = $.checked(112, options, self);
  return $.made(112, $.call($.id(112), $.slot(112, self), $.slot(112, target), $.optionalSlot(112, o.weight), o.reduction, o.ignoreIndex, o.labelSmoothing));
}

/** `aten::cumprod(Tensor self, int dim, *, ScalarType? dtype=None) -> Tensor` */
export function cumprod(self: Tensor, dim: number, options?: { dtype?: DType | null }): Tensor {
  if (options === undefined) {
    return $.made(113, $.call($.id(113), $.slot(113, self), dim));
  }
  const o: { dtype?: unknown } = $.checked(113, options, self);
  return $.made(113, $.call($.id(113), $.slot(113, self), dim, o.dtype));
}

/** `aten::cumsum(Tensor self, int dim, *, ScalarType? dtype=None) -> Tensor` */
export function cumsum(self: Tensor, dim: number, options?: { dtype?: DType | null }): Tensor {
  if (options === undefined) {
    return $.made(114, $.call($.id(114), $.slot(114, self), dim));
  }
  const o: { dtype?: unknown } = $.checked(114, options, self);
  return $.made(114, $.call($.id(114), $.slot(114, self), dim, o.dtype));
}

/** `aten::detach(Tensor(a) self) -> Tensor(a)` */
export function detach(self: Tensor): Tensor {
  return $.made(115, $.call($.id(115), $.slot(115, self)));
}

/** `aten::diag(Tensor self, int diagonal=0) -> Tensor` */
export function diag(self: Tensor, options?: { diagonal?: number }): Tensor {
  if (options === undefined) {
    return $.made(116, $.call($.id(116), $.slot(116, self)));
  }
  const o: { diagonal?: unknown } = $.checked(116, options, self);
  return $.made(116, $.call($.id(116), $.slot(116, self), o.diagonal));
}

/** `aten::diag_embed(Tensor self, int offset=0, int dim1=-2, int dim2=-1) -> Tensor` */
export function diagEmbed(self: Tensor, options?: { offset?: number; dim1?: number; dim2?: number }): Tensor {
  if (options === undefined) {
    return $.made(117, $.call($.id(117), $.slot(117, self)));
  }
  const o: { offset?: unknown; dim1?: unknown; dim2?: unknown } = $.checked(117, options, self);
  return $.made(117, $.call($.id(117), $.slot(117, self), o.offset, o.dim1, o.dim2));
}

/** `aten::diagonal(Tensor(a) self, int offset=0, int dim1=0, int dim2=1) -> Tensor(a)` */
export function diagonal(self: Tensor, options?: { offset?: number; dim1?: number; dim2?: number }): Tensor {
  if (options === undefined) {
    return $.made(118, $.call($.id(118), $.slot(118, self)));
  }
  const o: { offset?: unknown; dim1?: unknown; dim2?: unknown } = $.checked(118, options, self);
  return $.made(118, $.call($.id(118), $.slot(118, self), o.offset, o.dim1, o.dim2));
}

/** `aten::dist(Tensor self, Tensor other, Scalar p=2) -> Tensor` */
export function dist(self: Tensor, other: Tensor, options?: { p?: Scalar }): Tensor {
  if (options === undefined) {
    return $.made(119, $.call($.id(119), $.slot(119, self), $.slot(119, other)));
  }
  const o: { p?: unknown } = $.checked(119, options, self);
  return $.made(119, $.call($.id(119), $.slot(119, self), $.slot(119, other), o.p));
}

/** `aten::div.Scalar_mode(Tensor self, Scalar other, *, str? rounding_mode) -> Tensor` */
export function div(self: Tensor, other: Scalar, options: { roundingMode: string | null }): Tensor;
/** `aten::div.Tensor_mode(Tensor self, Tensor other, *, str? rounding_mode) -> Tensor` */
export function div(self: Tensor, other: Tensor, options: { roundingMode: string | null }): Tensor;
/** `aten::div.Scalar(Tensor self, Scalar other) -> Tensor` */
export function div(self: Tensor, other: Scalar): Tensor;
/** `aten::div.Tensor(Tensor self, Tensor other) -> Tensor` */
export function div(self: Tensor, other: Tensor): Tensor;
export function div(a?: unknown, b?: unknown, c?: unknown): unknown {
  if ($.isTensor(a) && $.isScalar(b) && $.has(c, 'roundingMode') && $.fits(120, c)) {
    const o: { roundingMode?: unknown } = $.given(c);
    return $.made(120, $.call($.id(120), $.slot(120, a), b, o.roundingMode));
  }
  if ($.isTensor(a) && $.isTensor(b) && $.has(c, 'roundingMode') && $.fits(121, c)) {
    const o: { roundingMode?: unknown } = $.given(c);
    return $.made(121, $.call($.id(121), $.slot(121, a), $.slot(121, b), o.roundingMode));
  }
  if ($.isTensor(a) && $.isScalar(b) && $.fits(122, c)) {
    return $.made(122, $.call($.id(122), $.slot(122, a), b));
  }
  if ($.isTensor(a) && $.isTensor(b) && $.fits(123, c)) {
    return $.made(123, $.call($.id(123), $.slot(123, a), $.slot(123, b)));
  }
  throw $.noForm('div', [a, b, c], [120, 121, 122, 123]);
}

/** `aten::div_.Scalar_mode(Tensor(a!) self, Scalar other, *, str? rounding_mode) -> Tensor(a!)` */
export function div_(self: Tensor, other: Scalar, options: { roundingMode: string | null }): Tensor;
/** `aten::div_.Tensor_mode(Tensor(a!) self, Tensor other, *, str? rounding_mode) -> Tensor(a!)` */
export function div_(self: Tensor, other: Tensor, options: { roundingMode: string | null }): Tensor;
/** `aten::div_.Scalar(Tensor(a!) self, Scalar other) -> Tensor(a!)` */
export function div_(self: Tensor, other: Scalar): Tensor;
/** `aten::div_.Tensor(Tensor(a!) self, Tensor other) -> Tensor(a!)` */
export function div_(self: Tensor, other: Tensor): Tensor;
export function div_(a?: unknown, b?: unknown, c?: unknown): unknown {
  if ($.isTensor(a) && $.isScalar(b) && $.has(c, 'roundingMode') && $.fits(124, c)) {
    const o: { roundingMode?: unknown } = $.given(c);
    $.call($.id(124), $.slot(124, a), b, o.roundingMode);
    return a as Tensor;
  }
  if ($.isTensor(a) && $.isTensor(b) && $.has(c, 'roundingMode') && $.fits(125, c)) {
    const o: { roundingMode?: unknown } = $.given(c);
    $.call($.id(125), $.slot(125, a), $.slot(125, b), o.roundingMode);
    return a as Tensor;
  }
  if ($.isTensor(a) && $.isScalar(b) && $.fits(126, c)) {
    $.call($.id(126), $.slot(126, a), b);
    return a as Tensor;
  }
  if ($.isTensor(a) && $.isTensor(b) && $.fits(127, c)) {
    $.call($.id(127), $.slot(127, a), $.slot(127, b));
    return a as Tensor;
  }
  throw $.noForm('div_', [a, b, c], [124, 125, 126, 127]);
}

/** `aten::dot(Tensor self, Tensor tensor) -> Tensor` */
export function dot(self: Tensor, tensor: Tensor): Tensor {
  return $.made(128, $.call($.id(128), $.slot(128, self), $.slot(128, tensor)));
}

/** `aten::dropout(Tensor input, float p, bool train) -> Tensor` */
export function dropout(input: Tensor, p: number, train: boolean): Tensor {
  return $.made(129, $.call($.id(129), $.slot(129, input), p, train));
}

/** `aten::einsum(str equation, Tensor[] tensors, *, int[]? path=None) -> Tensor` */
export function einsum(equation: string, tensors: readonly Tensor[], options?: { path?: readonly number[] | null }): Tensor {
  if (options === undefined) {
    return $.made(130, $.call($.id(130), equation, $.slots(130, tensors)));
  }
  const o: { path?: unknown } = $.checked(130, options, equation);
  return $.made(130, $.call($.id(130), equation, $.slots(130, tensors), o.path));
}

/** `aten::elu(Tensor self, Scalar alpha=1, Scalar scale=1, Scalar input_scale=1) -> Tensor` */
export function elu(self: Tensor, options?: { alpha?: Scalar; scale?: Scalar; inputScale?: Scalar }): Tensor {
  if (options === undefined) {
    return $.made(131, $.call($.id(131), $.slot(131, self)));
  }
  const o: { alpha?: unknown; scale?: unknown; inputScale?: unknown } = $.checked(131, options, self);
  return $.made(131, $.call($.id(131), $.slot(131, self), o.alpha, o.scale, o.inputScale));
}

/** `aten::embedding(Tensor weight, Tensor indices, int padding_idx=-1, bool scale_grad_by_freq=False, bool sparse=False) -> Tensor` */
export function embedding(weight: Tensor, indices: Tensor, options?: { paddingIdx?: number; scaleGradByFreq?: boolean; sparse?: boolean }): Tensor {
  if (options === undefined) {
    return $.made(132, $.call($.id(132), $.slot(132, weight), $.slot(132, indices)));
  }
  const o: { paddingIdx?: unknown; scaleGradByFreq?: unknown; sparse?: unknown } = $.checked(132, options, weight);
  return $.made(132, $.call($.id(132), $.slot(132, weight), $.slot(132, indices), o.paddingIdx, o.scaleGradByFreq, o.sparse));
}

/** `aten::empty.memory_format(SymInt[] size, *, ScalarType? dtype=None, Layout? layout=None, Device? device=None, bool? pin_memory=None, MemoryFormat? memory_format=None) -> Tensor` */
export function empty(size: readonly number[], options?: { dtype?: DType | null; device?: Device | null; memoryFormat?: MemoryFormat | null }): Tensor {
  if (options === undefined) {
    return $.made(133, $.call($.id(133), size));
  }
  const o: { dtype?: unknown; device?: unknown; memoryFormat?: unknown } = $.checked(133, options, size);
  return $.made(133, $.call($.id(133), size, o.dtype, undefined, o.device, undefined, o.memoryFormat));
}

/** `aten::empty_like(Tensor self, *, ScalarType? dtype=None, Layout? layout=None, Device? device=None, bool? pin_memory=None, MemoryFormat? memory_format=None) -> Tensor` */
export function emptyLike(self: Tensor, options?: { dtype?: DType | null; device?: Device | null; memoryFormat?: MemoryFormat | null }): Tensor {
  if (options === undefined) {
    return $.made(134, $.call($.id(134), $.slot(134, self)));
  }
  const o: { dtype?: unknown; device?: unknown; memoryFormat?: unknown } = $.checked(134, options, self);
  return $.made(134, $.call($.id(134), $.slot(134, self), o.dtype, undefined, o.device, undefined, o.memoryFormat));
}

/** `aten::eq.Scalar(Tensor self, Scalar other) -> Tensor` */
export function eq(self: Tensor, other: Scalar): Tensor;
/** `aten::eq.Tensor(Tensor self, Tensor other) -> Tensor` */
export function eq(self: Tensor, other: Tensor): Tensor;
export function eq(a?: unknown, b?: unknown, c?: unknown): unknown {
  if ($.isTensor(a) && $.isScalar(b) && $.fits(135, c)) {
    return $.made(135, $.call($.id(135), $.slot(135, a), b));
  }
  if ($.isTensor(a) && $.isTensor(b) && $.fits(136, c)) {
    return $.made(136, $.call($.id(136), $.slot(136, a), $.slot(136, b)));
  }
  throw $.noForm('eq', [a, b, c], [135, 136]);
}

/** `aten::equal(Tensor self, Tensor other) -> bool` */
export function equal(self: Tensor, other: Tensor): boolean {
  return $.call($.id(137), $.slot(137, self), $.slot(137, other)) as boolean;
}

/** `aten::erf(Tensor self) -> Tensor` */
export function erf(self: Tensor): Tensor {
  return $.made(138, $.call($.id(138), $.slot(138, self)));
}

/** `aten::erfinv(Tensor self) -> Tensor` */
export function erfinv(self: Tensor): Tensor {
  return $.made(139, $.call($.id(139), $.slot(139, self)));
}

/** `aten::exp(Tensor self) -> Tensor` */
export function exp(self: Tensor): Tensor {
  return $.made(140, $.call($.id(140), $.slot(140, self)));
}

/** `aten::exp_(Tensor(a!) self) -> Tensor(a!)` */
export function exp_(self: Tensor): Tensor {
  $.call($.id(141), $.slot(141, self));
  return self as Tensor;
}

/** `aten::expand(Tensor(a) self, SymInt[] size, *, bool implicit=False) -> Tensor(a)` */
export function expand(self: Tensor, size: readonly number[], options?: { implicit?: boolean }): Tensor {
  if (options === undefined) {
    return $.made(142, $.call($.id(142), $.slot(142, self), size));
  }
  const o: { implicit?: unknown } = $.checked(142, options, self);
  return $.made(142, $.call($.id(142), $.slot(142, self), size, o.implicit));
}

/** `aten::expm1(Tensor self) -> Tensor` */
export function expm1(self: Tensor): Tensor {
  return $.made(143, $.call($.id(143), $.slot(143, self)));
}

/** `aten::exponential_(Tensor(a!) self, float lambd=1., *, Generator? generator=None) -> Tensor(a!)` */
export function exponential_(self: Tensor, options?: { lambd?: number }): Tensor {
  if (options === undefined) {
    $.call($.id(144), $.slot(144, self));
    return self as Tensor;
  }
  const o: { lambd?: unknown } = $.checked(144, options, self);
  $.call($.id(144), $.slot(144, self), o.lambd);
  return self as Tensor;
}

/** `aten::eye(int n, *, ScalarType? dtype=None, Layout? layout=None, Device? device=None, bool? pin_memory=None) -> Tensor` */
export function eye(n: number, options?: { dtype?: DType | null; device?: Device | null }): Tensor;
/** `aten::eye.m(int n, int m, *, ScalarType? dtype=None, Layout? layout=None, Device? device=None, bool? pin_memory=None) -> Tensor` */
export function eye(n: number, m: number, options?: { dtype?: DType | null; device?: Device | null }): Tensor;
export function eye(a?: unknown, b?: unknown, c?: unknown): unknown {
  if ($.isNumber(a) && $.fits(145, b)) {
    if (b === undefined) {
      return $.made(145, $.call($.id(145), a));
    }
    const o: { dtype?: unknown; device?: unknown } = $.given(b);
    return $.made(145, $.call($.id(145), a, o.dtype, undefined, o.device));
  }
  if ($.isNumber(a) && $.isNumber(b) && $.fits(146, c)) {
    if (c === undefined) {
      return $.made(146, $.call($.id(146), a, b));
    }
    const o: { dtype?: unknown; device?: unknown } = $.given(c);
    return $.made(146, $.call($.id(146), a, b, o.dtype, undefined, o.device));
  }
  throw $.noForm('eye', [a, b, c], [145, 146]);
}

/** `aten::fill_.Scalar(Tensor(a!) self, Scalar value) -> Tensor(a!)` */
export function fill_(self: Tensor, value: Scalar): Tensor;
/** `aten::fill_.Tensor(Tensor(a!) self, Tensor value) -> Tensor(a!)` */
export function fill_(self: Tensor, value: Tensor): Tensor;
export function fill_(a?: unknown, b?: unknown, c?: unknown): unknown {
  if ($.isTensor(a) && $.isScalar(b) && $.fits(147, c)) {
    $.call($.id(147), $.slot(147, a), b);
    return a as Tensor;
  }
  if ($.isTensor(a) && $.isTensor(b) && $.fits(148, c)) {
    $.call($.id(148), $.slot(148, a), $.slot(148, b));
    return a as Tensor;
  }
  throw $.noForm('fill_', [a, b, c], [147, 148]);
}

/** `aten::fill_diagonal_(Tensor(a!) self, Scalar fill_value, bool wrap=False) -> Tensor(a!)` */
export function fillDiagonal_(self: Tensor, fillValue: Scalar, options?: { wrap?: boolean }): Tensor {
  if (options === undefined) {
    $.call($.id(149), $.slot(149, self), fillValue);
    return self as Tensor;
  }
  const o: { wrap?: unknown } = $.checked(149, options, self);
  $.call($.id(149), $.slot(149, self), fillValue, o.wrap);
  return self as Tensor;
}

/** `aten::flatten.named_out_dim(Tensor(a) self, int start_dim, int end_dim, str out_dim) -> Tensor(a)` */
export function flatten(self: Tensor, startDim: number, endDim: number, outDim: string): Tensor;
/** `aten::flatten.using_ints(Tensor(a) self, int start_dim=0, int end_dim=-1) -> Tensor(a)` */
export function flatten(self: Tensor, options?: { startDim?: number; endDim?: number }): Tensor;
export function flatten(a?: unknown, b?: unknown, c?: unknown, d?: unknown, e?: unknown): unknown {
  if ($.isTensor(a) && $.isNumber(b) && $.isNumber(c) && $.isString(d) && $.fits(150, e)) {
    return $.made(150, $.call($.id(150), $.slot(150, a), b, c, d));
  }
  if ($.isTensor(a) && $.fits(151, b)) {
    if (b === undefined) {
      return $.made(151, $.call($.id(151), $.slot(151, a)));
    }
    const o: { startDim?: unknown; endDim?: unknown } = $.given(b);
    return $.made(151, $.call($.id(151), $.slot(151, a), o.startDim, o.endDim));
  }
  throw $.noForm('flatten', [a, b, c, d, e], [150, 151]);
}

/** `aten::flip(Tensor self, int[] dims) -> Tensor` */
export function flip(self: Tensor, dims: readonly number[]): Tensor {
  return $.made(152, $.call($.id(152), $.slot(152, self), dims));
}

/** `aten::floor(Tensor self) -> Tensor` */
export function floor(self: Tensor): Tensor {
  return $.made(153, $.call($.id(153), $.slot(153, self)));
}

/** `aten::floor_divide(Tensor self, Tensor other) -> Tensor` */
export function floorDivide(self: Tensor, other: Tensor): Tensor;
/** `aten::floor_divide.Scalar(Tensor self, Scalar other) -> Tensor` */
export function floorDivide(self: Tensor, other: Scalar): Tensor;
export function floorDivide(a?: unknown, b?: unknown, c?: unknown): unknown {
  if ($.isTensor(a) && $.isTensor(b) && $.fits(154, c)) {
    return $.made(154, $.call($.id(154), $.slot(154, a), $.slot(154, b)));
  }
  if ($.isTensor(a) && $.isScalar(b) && $.fits(155, c)) {
    return $.made(155, $.call($.id(155), $.slot(155, a), b));
  }
  throw $.noForm('floorDivide', [a, b, c], [154, 155]);
}

/** `aten::full(SymInt[] size, Scalar fill_value, *, ScalarType? dtype=None, Layout? layout=None, Device? device=None, bool? pin_memory=None) -> Tensor` */
export function full(size: readonly number[], fillValue: Scalar, options?: { dtype?: DType | null; device?: Device | null }): Tensor {
  const o: { dtype?: unknown; device?: unknown } = $.checked(156, options, size);
  return $.made(156, $.call($.id(156), size, fillValue, o.dtype ?? 'float32', undefined, o.device));
}

/** `aten::full_like(Tensor self, Scalar fill_value, *, ScalarType? dtype=None, Layout? layout=None, Device? device=None, bool? pin_memory=None, MemoryFormat? memory_format=None) -> Tensor` */
export function fullLike(self: Tensor, fillValue: Scalar, options?: { dtype?: DType | null; device?: Device | null; memoryFormat?: MemoryFormat | null }): Tensor {
  if (options === undefined) {
    return $.made(157, $.call($.id(157), $.slot(157, self), fillValue));
  }
  const o: { dtype?: unknown; device?: unknown; memoryFormat?: unknown } = $.checked(157, options, self);
  return $.made(157, $.call($.id(157), $.slot(157, self), fillValue, o.dtype, undefined, o.device, undefined, o.memoryFormat));
}

/** `aten::gather(Tensor self, int dim, Tensor index, *, bool sparse_grad=False) -> Tensor` */
export function gather(self: Tensor, dim: number, index: Tensor, options?: { sparseGrad?: boolean }): Tensor {
  if (options === undefined) {
    return $.made(158, $.call($.id(158), $.slot(158, self), dim, $.slot(158, index)));
  }
  const o: { sparseGrad?: unknown } = $.checked(158, options, self);
  return $.made(158, $.call($.id(158), $.slot(158, self), dim, $.slot(158, index), o.sparseGrad));
}

/** `aten::ge.Scalar(Tensor self, Scalar other) -> Tensor` */
export function ge(self: Tensor, other: Scalar): Tensor;
/** `aten::ge.Tensor(Tensor self, Tensor other) -> Tensor` */
export function ge(self: Tensor, other: Tensor): Tensor;
export function ge(a?: unknown, b?: unknown, c?: unknown): unknown {
  if ($.isTensor(a) && $.isScalar(b) && $.fits(159, c)) {
    return $.made(159, $.call($.id(159), $.slot(159, a), b));
  }
  if ($.isTensor(a) && $.isTensor(b) && $.fits(160, c)) {
    return $.made(160, $.call($.id(160), $.slot(160, a), $.slot(160, b)));
  }
  throw $.noForm('ge', [a, b, c], [159, 160]);
}

/** `aten::gelu(Tensor self, *, str approximate="none") -> Tensor` */
export function gelu(self: Tensor, options?: { approximate?: string }): Tensor {
  if (options === undefined) {
    return $.made(161, $.call($.id(161), $.slot(161, self)));
  }
  const o: { approximate?: unknown } = $.checked(161, options, self);
  return $.made(161, $.call($.id(161), $.slot(161, self), o.approximate));
}

/** `aten::grid_sampler(Tensor input, Tensor grid, int interpolation_mode, int padding_mode, bool align_corners) -> Tensor` */
export function gridSampler(input: Tensor, grid: Tensor, interpolationMode: number, paddingMode: number, alignCorners: boolean): Tensor {
  return $.made(162, $.call($.id(162), $.slot(162, input), $.slot(162, grid), interpolationMode, paddingMode, alignCorners));
}

/** `aten::group_norm(Tensor input, int num_groups, Tensor? weight=None, Tensor? bias=None, float eps=1.0000000000000001e-05, bool cudnn_enabled=True) -> Tensor` */
export function groupNorm(input: Tensor, numGroups: number, options?: { weight?: Tensor | null; bias?: Tensor | null; eps?: number; cudnnEnabled?: boolean }): Tensor {
  if (options === undefined) {
    return $.made(163, $.call($.id(163), $.slot(163, input), numGroups));
  }
  const o: { weight?: unknown; bias?: unknown; eps?: unknown; cudnnEnabled?: unknown } = $.checked(163, options, input);
  return $.made(163, $.call($.id(163), $.slot(163, input), numGroups, $.optionalSlot(163, o.weight), $.optionalSlot(163, o.bias), o.eps, o.cudnnEnabled));
}

/** `aten::gt.Scalar(Tensor self, Scalar other) -> Tensor` */
export function gt(self: Tensor, other: Scalar): Tensor;
/** `aten::gt.Tensor(Tensor self, Tensor other) -> Tensor` */
export function gt(self: Tensor, other: Tensor): Tensor;
export function gt(a?: unknown, b?: unknown, c?: unknown): unknown {
  if ($.isTensor(a) && $.isScalar(b) && $.fits(164, c)) {
    return $.made(164, $.call($.id(164), $.slot(164, a), b));
  }
  if ($.isTensor(a) && $.isTensor(b) && $.fits(165, c)) {
    return $.made(165, $.call($.id(165), $.slot(165, a), $.slot(165, b)));
  }
  throw $.noForm('gt', [a, b, c], [164, 165]);
}

/** `aten::hardtanh(Tensor self, Scalar min_val=-1, Scalar max_val=1) -> Tensor` */
export function hardtanh(self: Tensor, options?: { minVal?: Scalar; maxVal?: Scalar }): Tensor {
  if (options === undefined) {
    return $.made(166, $.call($.id(166), $.slot(166, self)));
  }
  const o: { minVal?: unknown; maxVal?: unknown } = $.checked(166, options, self);
  return $.made(166, $.call($.id(166), $.slot(166, self), o.minVal, o.maxVal));
}

/** `aten::histc(Tensor self, int bins=100, Scalar min=0, Scalar max=0) -> Tensor` */
export function histc(self: Tensor, options?: { bins?: number; min?: Scalar; max?: Scalar }): Tensor {
  if (options === undefined) {
    return $.made(167, $.call($.id(167), $.slot(167, self)));
  }
  const o: { bins?: unknown; min?: unknown; max?: unknown } = $.checked(167, options, self);
  return $.made(167, $.call($.id(167), $.slot(167, self), o.bins, o.min, o.max));
}

/** `aten::huber_loss(Tensor self, Tensor target, int reduction=1, float delta=1.) -> Tensor` */
export function huberLoss(self: Tensor, target: Tensor, options?: { reduction?: number; delta?: number }): Tensor {
  if (options === undefined) {
    return $.made(168, $.call($.id(168), $.slot(168, self), $.slot(168, target)));
  }
  const o: { reduction?: unknown; delta?: unknown } = $.checked(168, options, self);
  return $.made(168, $.call($.id(168), $.slot(168, self), $.slot(168, target), o.reduction, o.delta));
}

/** `aten::im2col(Tensor self, int[2] kernel_size, int[2] dilation, int[2] padding, int[2] stride) -> Tensor` */
export function im2col(self: Tensor, kernelSize: Sizes, dilation: Sizes, padding: Sizes, stride: Sizes): Tensor {
  return $.made(169, $.call($.id(169), $.slot(169, self), kernelSize, dilation, padding, stride));
}

/** `aten::index.Tensor(Tensor self, Tensor?[] indices) -> Tensor` */
export function index(self: Tensor, indices: readonly (Tensor | null)[]): Tensor {
  return $.made(170, $.call($.id(170), $.slot(170, self), $.slots(170, indices)));
}

/** `aten::index_add(Tensor self, int dim, Tensor index, Tensor source, *, Scalar alpha=1) -> Tensor` */
export function indexAdd(self: Tensor, dim: number, index: Tensor, source: Tensor, options?: { alpha?: Scalar }): Tensor {
  if (options === undefined) {
    return $.made(171, $.call($.id(171), $.slot(171, self), dim, $.slot(171, index), $.slot(171, source)));
  }
  const o: { alpha?: unknown } = $.checked(171, options, self);
  return $.made(171, $.call($.id(171), $.slot(171, self), dim, $.slot(171, index), $.slot(171, source), o.alpha));
}

/** `aten::index_add_(Tensor(a!) self, int dim, Tensor index, Tensor source, *, Scalar alpha=1) -> Tensor(a!)` */
export function indexAdd_(self: Tensor, dim: number, index: Tensor, source: Tensor, options?: { alpha?: Scalar }): Tensor {
  if (options === undefined) {
    $.call($.id(172), $.slot(172, self), dim, $.slot(172, index), $.slot(172, source));
    return self as Tensor;
  }
  const o: { alpha?: unknown } = $.checked(172, options, self);
  $.call($.id(172), $.slot(172, self), dim, $.slot(172, index), $.slot(172, source), o.alpha);
  return self as Tensor;
}

/** `aten::index_copy_(Tensor(a!) self, int dim, Tensor index, Tensor source) -> Tensor(a!)` */
export function indexCopy_(self: Tensor, dim: number, index: Tensor, source: Tensor): Tensor {
  $.call($.id(173), $.slot(173, self), dim, $.slot(173, index), $.slot(173, source));
  return self as Tensor;
}

/** `aten::index_put_(Tensor(a!) self, Tensor?[] indices, Tensor values, bool accumulate=False) -> Tensor(a!)` */
export function indexPut_(self: Tensor, indices: readonly (Tensor | null)[], values: Tensor, options?: { accumulate?: boolean }): Tensor {
  if (options === undefined) {
    $.call($.id(174), $.slot(174, self), $.slots(174, indices), $.slot(174, values));
    return self as Tensor;
  }
  const o: { accumulate?: unknown } = $.checked(174, options, self);
  $.call($.id(174), $.slot(174, self), $.slots(174, indices), $.slot(174, values), o.accumulate);
  return self as Tensor;
}

/** `aten::index_select(Tensor self, int dim, Tensor index) -> Tensor` */
export function indexSelect(self: Tensor, dim: number, index: Tensor): Tensor {
  return $.made(175, $.call($.id(175), $.slot(175, self), dim, $.slot(175, index)));
}

/** `aten::isclose(Tensor self, Tensor other, float rtol=1.0000000000000001e-05, float atol=1e-08, bool equal_nan=False) -> Tensor` */
export function isclose(self: Tensor, other: Tensor, options?: { rtol?: number; atol?: number; equalNan?: boolean }): Tensor {
  if (options === undefined) {
    return $.made(176, $.call($.id(176), $.slot(176, self), $.slot(176, other)));
  }
  const o: { rtol?: unknown; atol?: unknown; equalNan?: unknown } = $.checked(176, options, self);
  return $.made(176, $.call($.id(176), $.slot(176, self), $.slot(176, other), o.rtol, o.atol, o.equalNan));
}

/** `aten::isfinite(Tensor self) -> Tensor` */
export function isfinite(self: Tensor): Tensor {
  return $.made(177, $.call($.id(177), $.slot(177, self)));
}

/** `aten::isinf(Tensor self) -> Tensor` */
export function isinf(self: Tensor): Tensor {
  return $.made(178, $.call($.id(178), $.slot(178, self)));
}

/** `aten::isnan(Tensor self) -> Tensor` */
export function isnan(self: Tensor): Tensor {
  return $.made(179, $.call($.id(179), $.slot(179, self)));
}

/** `aten::kl_div(Tensor self, Tensor target, int reduction=1, *, bool log_target=False) -> Tensor` */
export function klDiv(self: Tensor, target: Tensor, options?: { reduction?: number; logTarget?: boolean }): Tensor {
  if (options === undefined) {
    return $.made(180, $.call($.id(180), $.slot(180, self), $.slot(180, target)));
  }
  const o: { reduction?: unknown; logTarget?: unknown } = $.checked(180, options, self);
  return $.made(180, $.call($.id(180), $.slot(180, self), $.slot(180, target), o.reduction, o.logTarget));
}

/** `aten::l1_loss(Tensor self, Tensor target, int reduction=1) -> Tensor` */
export function l1Loss(self: Tensor, target: Tensor, options?: { reduction?: number }): Tensor {
  if (options === undefined) {
    return $.made(181, $.call($.id(181), $.slot(181, self), $.slot(181, target)));
  }
  const o: { reduction?: unknown } = $.checked(181, options, self);
  return $.made(181, $.call($.id(181), $.slot(181, self), $.slot(181, target), o.reduction));
}

/** `aten::layer_norm(Tensor input, int[] normalized_shape, Tensor? weight=None, Tensor? bias=None, float eps=1.0000000000000001e-05, bool cudnn_enable=True) -> Tensor` */
export function layerNorm(input: Tensor, normalizedShape: readonly number[], options?: { weight?: Tensor | null; bias?: Tensor | null; eps?: number; cudnnEnable?: boolean }): Tensor {
  if (options === undefined) {
    return $.made(182, $.call($.id(182), $.slot(182, input), normalizedShape));
  }
  const o: { weight?: unknown; bias?: unknown; eps?: unknown; cudnnEnable?: unknown } = $.checked(182, options, input);
  return $.made(182, $.call($.id(182), $.slot(182, input), normalizedShape, $.optionalSlot(182, o.weight), $.optionalSlot(182, o.bias), o.eps, o.cudnnEnable));
}

/** `aten::le.Scalar(Tensor self, Scalar other) -> Tensor` */
export function le(self: Tensor, other: Scalar): Tensor;
/** `aten::le.Tensor(Tensor self, Tensor other) -> Tensor` */
export function le(self: Tensor, other: Tensor): Tensor;
export function le(a?: unknown, b?: unknown, c?: unknown): unknown {
  if ($.isTensor(a) && $.isScalar(b) && $.fits(183, c)) {
    return $.made(183, $.call($.id(183), $.slot(183, a), b));
  }
  if ($.isTensor(a) && $.isTensor(b) && $.fits(184, c)) {
    return $.made(184, $.call($.id(184), $.slot(184, a), $.slot(184, b)));
  }
  throw $.noForm('le', [a, b, c], [183, 184]);
}

/** `aten::leaky_relu(Tensor self, Scalar negative_slope=0.01) -> Tensor` */
export function leakyRelu(self: Tensor, options?: { negativeSlope?: Scalar }): Tensor {
  if (options === undefined) {
    return $.made(185, $.call($.id(185), $.slot(185, self)));
  }
  const o: { negativeSlope?: unknown } = $.checked(185, options, self);
  return $.made(185, $.call($.id(185), $.slot(185, self), o.negativeSlope));
}

/** `aten::lerp.Scalar(Tensor self, Tensor end, Scalar weight) -> Tensor` */
export function lerp(self: Tensor, end: Tensor, weight: Scalar): Tensor;
/** `aten::lerp.Tensor(Tensor self, Tensor end, Tensor weight) -> Tensor` */
export function lerp(self: Tensor, end: Tensor, weight: Tensor): Tensor;
export function lerp(a?: unknown, b?: unknown, c?: unknown, d?: unknown): unknown {
  if ($.isTensor(a) && $.isTensor(b) && $.isScalar(c) && $.fits(186, d)) {
    return $.made(186, $.call($.id(186), $.slot(186, a), $.slot(186, b), c));
  }
  if ($.isTensor(a) && $.isTensor(b) && $.isTensor(c) && $.fits(187, d)) {
    return $.made(187, $.call($.id(187), $.slot(187, a), $.slot(187, b), $.slot(187, c)));
  }
  throw $.noForm('lerp', [a, b, c, d], [186, 187]);
}

/** `aten::lerp_.Scalar(Tensor(a!) self, Tensor end, Scalar weight) -> Tensor(a!)` */
export function lerp_(self: Tensor, end: Tensor, weight: Scalar): Tensor;
/** `aten::lerp_.Tensor(Tensor(a!) self, Tensor end, Tensor weight) -> Tensor(a!)` */
export function lerp_(self: Tensor, end: Tensor, weight: Tensor): Tensor;
export function lerp_(a?: unknown, b?: unknown, c?: unknown, d?: unknown): unknown {
  if ($.isTensor(a) && $.isTensor(b) && $.isScalar(c) && $.fits(188, d)) {
    $.call($.id(188), $.slot(188, a), $.slot(188, b), c);
    return a as Tensor;
  }
  if ($.isTensor(a) && $.isTensor(b) && $.isTensor(c) && $.fits(189, d)) {
    $.call($.id(189), $.slot(189, a), $.slot(189, b), $.slot(189, c));
    return a as Tensor;
  }
  throw $.noForm('lerp_', [a, b, c, d], [188, 189]);
}

/** `aten::linalg_cholesky(Tensor self, *, bool upper=False) -> Tensor` */
export function linalgCholesky(self: Tensor, options?: { upper?: boolean }): Tensor {
  if (options === undefined) {
    return $.made(190, $.call($.id(190), $.slot(190, self)));
  }
  const o: { upper?: unknown } = $.checked(190, options, self);
  return $.made(190, $.call($.id(190), $.slot(190, self), o.upper));
}

/** `aten::linalg_det(Tensor A) -> Tensor` */
export function linalgDet(A: Tensor): Tensor {
  return $.made(191, $.call($.id(191), $.slot(191, A)));
}

/** `aten::linalg_eigh(Tensor self, str UPLO="L") -> (Tensor eigenvalues, Tensor eigenvectors)` */
export function linalgEigh(self: Tensor, options?: { UPLO?: string }): [eigenvalues: Tensor, eigenvectors: Tensor] {
  if (options === undefined) {
    return $.madeAll(192, $.call($.id(192), $.slot(192, self))) as [eigenvalues: Tensor, eigenvectors: Tensor];
  }
  const o: { UPLO?: unknown } = $.checked(192, options, self);
  return $.madeAll(192, $.call($.id(192), $.slot(192, self), o.UPLO)) as [eigenvalues: Tensor, eigenvectors: Tensor];
}

/** `aten::linalg_inv(Tensor A) -> Tensor` */
export function linalgInv(A: Tensor): Tensor {
  return $.made(193, $.call($.id(193), $.slot(193, A)));
}

/** `aten::linalg_lstsq(Tensor self, Tensor b, float? rcond=None, *, str? driver=None) -> (Tensor solution, Tensor residuals, Tensor rank, Tensor singular_values)` */
export function linalgLstsq(self: Tensor, b: Tensor, options?: { rcond?: number | null; driver?: string | null }): [solution: Tensor, residuals: Tensor, rank: Tensor, singularValues: Tensor] {
  if (options === undefined) {
    return $.madeAll(194, $.call($.id(194), $.slot(194, self), $.slot(194, b))) as [solution: Tensor, residuals: Tensor, rank: Tensor, singularValues: Tensor];
  }
  const o: { rcond?: unknown; driver?: unknown } = $.checked(194, options, self);
  return $.madeAll(194, $.call($.id(194), $.slot(194, self), $.slot(194, b), o.rcond, o.driver)) as [solution: Tensor, residuals: Tensor, rank: Tensor, singularValues: Tensor];
}

/** `aten::linalg_norm(Tensor self, Scalar? ord=None, int[1]? dim=None, bool keepdim=False, *, ScalarType? dtype=None) -> Tensor` */
export function linalgNorm(self: Tensor, options?: { ord?: Scalar | null; dim?: Sizes | null; keepdim?: boolean; dtype?: DType | null }): Tensor;
/** `aten::linalg_norm.ord_str(Tensor self, str ord, int[1]? dim=None, bool keepdim=False, *, ScalarType? dtype=None) -> Tensor` */
export function linalgNorm(self: Tensor, ord: string, options?: { dim?: Sizes | null; keepdim?: boolean; dtype?: DType | null }): Tensor;
export function linalgNorm(a?: unknown, b?: unknown, c?: unknown): unknown {
  if ($.isTensor(a) && $.fits(195, b)) {
    if (b === undefined) {
      return $.made(195, $.call($.id(195), $.slot(195, a)));
    }
    const o: { ord?: unknown; dim?: unknown; keepdim?: unknown; dtype?: unknown } = $.given(b);
    return $.made(195, $.call($.id(195), $.slot(195, a), o.ord, o.dim, o.keepdim, o.dtype));
  }
  if ($.isTensor(a) && $.isString(b) && $.fits(196, c)) {
    if (c === undefined) {
      return $.made(196, $.call($.id(196), $.slot(196, a), b));
    }
    const o: { dim?: unknown; keepdim?: unknown; dtype?: unknown } = $.given(c);
    return $.made(196, $.call($.id(196), $.slot(196, a), b, o.dim, o.keepdim, o.dtype));
  }
  throw $.noForm('linalgNorm', [a, b, c], [195, 196]);
}

/** `aten::linalg_qr(Tensor A, str mode="reduced") -> (Tensor Q, Tensor R)` */
export function linalgQr(A: Tensor, options?: { mode?: string }): [Q: Tensor, R: Tensor] {
  if (options === undefined) {
    return $.madeAll(197, $.call($.id(197), $.slot(197, A))) as [Q: Tensor, R: Tensor];
  }
  const o: { mode?: unknown } = $.checked(197, options, A);
  return $.madeAll(197, $.call($.id(197), $.slot(197, A), o.mode)) as [Q: Tensor, R: Tensor];
}

/** `aten::linalg_slogdet(Tensor A) -> (Tensor sign, Tensor logabsdet)` */
export function linalgSlogdet(A: Tensor): [sign: Tensor, logabsdet: Tensor] {
  return $.madeAll(198, $.call($.id(198), $.slot(198, A))) as [sign: Tensor, logabsdet: Tensor];
}

/** `aten::linalg_solve(Tensor A, Tensor B, *, bool left=True) -> Tensor` */
export function linalgSolve(A: Tensor, B: Tensor, options?: { left?: boolean }): Tensor {
  if (options === undefined) {
    return $.made(199, $.call($.id(199), $.slot(199, A), $.slot(199, B)));
  }
  const o: { left?: unknown } = $.checked(199, options, A);
  return $.made(199, $.call($.id(199), $.slot(199, A), $.slot(199, B), o.left));
}

/** `aten::linalg_svd(Tensor A, bool full_matrices=True, *, str? driver=None) -> (Tensor U, Tensor S, Tensor Vh)` */
export function linalgSvd(A: Tensor, options?: { fullMatrices?: boolean; driver?: string | null }): [U: Tensor, S: Tensor, Vh: Tensor] {
  if (options === undefined) {
    return $.madeAll(200, $.call($.id(200), $.slot(200, A))) as [U: Tensor, S: Tensor, Vh: Tensor];
  }
  const o: { fullMatrices?: unknown; driver?: unknown } = $.checked(200, options, A);
  return $.madeAll(200, $.call($.id(200), $.slot(200, A), o.fullMatrices, o.driver)) as [U: Tensor, S: Tensor, Vh: Tensor];
}

/** `aten::linalg_svdvals(Tensor A, *, str? driver=None) -> Tensor` */
export function linalgSvdvals(A: Tensor, options?: { driver?: string | null }): Tensor {
  if (options === undefined) {
    return $.made(201, $.call($.id(201), $.slot(201, A)));
  }
  const o: { driver?: unknown } = $.checked(201, options, A);
  return $.made(201, $.call($.id(201), $.slot(201, A), o.driver));
}

/** `aten::linalg_vector_norm(Tensor self, Scalar ord=2, int[1]? dim=None, bool keepdim=False, *, ScalarType? dtype=None) -> Tensor` */
export function linalgVectorNorm(self: Tensor, options?: { ord?: Scalar; dim?: Sizes | null; keepdim?: boolean; dtype?: DType | null }): Tensor {
  if (options === undefined) {
    return $.made(202, $.call($.id(202), $.slot(202, self)));
  }
  const o: { ord?: unknown; dim?: unknown; keepdim?: unknown; dtype?: unknown } = $.checked(202, options, self);
  return $.made(202, $.call($.id(202), $.slot(202, self), o.ord, o.dim, o.keepdim, o.dtype));
}

/** `aten::linear(Tensor input, Tensor weight, Tensor? bias=None) -> Tensor` */
export function linear(input: Tensor, weight: Tensor, options?: { bias?: Tensor | null }): Tensor {
  if (options === undefined) {
    return $.made(203, $.call($.id(203), $.slot(203, input), $.slot(203, weight)));
  }
  const o: { bias?: unknown } = $.checked(203, options, input);
  return $.made(203, $.call($.id(203), $.slot(203, input), $.slot(203, weight), $.optionalSlot(203, o.bias)));
}

/** `aten::linspace(Scalar start, Scalar end, int steps, *, ScalarType? dtype=None, Layout? layout=None, Device? device=None, bool? pin_memory=None) -> Tensor` */
export function linspace(start: Scalar, end: Scalar, steps: number, options?: { dtype?: DType | null; device?: Device | null }): Tensor {
  if (options === undefined) {
    return $.made(204, $.call($.id(204), start, end, steps));
  }
  const o: { dtype?: unknown; device?: unknown } = $.checked(204, options, start);
  return $.made(204, $.call($.id(204), start, end, steps, o.dtype, undefined, o.device));
}

/** `aten::log(Tensor self) -> Tensor` */
export function log(self: Tensor): Tensor {
  return $.made(205, $.call($.id(205), $.slot(205, self)));
}

/** `aten::log1p(Tensor self) -> Tensor` */
export function log1p(self: Tensor): Tensor {
  return $.made(206, $.call($.id(206), $.slot(206, self)));
}

/** `aten::log2(Tensor self) -> Tensor` */
export function log2(self: Tensor): Tensor {
  return $.made(207, $.call($.id(207), $.slot(207, self)));
}

/** `aten::log_sigmoid(Tensor self) -> Tensor` */
export function logSigmoid(self: Tensor): Tensor {
  return $.made(208, $.call($.id(208), $.slot(208, self)));
}

/** `aten::log_softmax.int(Tensor self, int dim, ScalarType? dtype=None) -> Tensor` */
export function logSoftmax(self: Tensor, dim: number, options?: { dtype?: DType | null }): Tensor {
  if (options === undefined) {
    return $.made(209, $.call($.id(209), $.slot(209, self), dim));
  }
  const o: { dtype?: unknown } = $.checked(209, options, self);
  return $.made(209, $.call($.id(209), $.slot(209, self), dim, o.dtype));
}

/** `aten::logaddexp(Tensor self, Tensor other) -> Tensor` */
export function logaddexp(self: Tensor, other: Tensor): Tensor {
  return $.made(210, $.call($.id(210), $.slot(210, self), $.slot(210, other)));
}

/** `aten::logical_and(Tensor self, Tensor other) -> Tensor` */
export function logicalAnd(self: Tensor, other: Tensor): Tensor {
  return $.made(211, $.call($.id(211), $.slot(211, self), $.slot(211, other)));
}

/** `aten::logical_not(Tensor self) -> Tensor` */
export function logicalNot(self: Tensor): Tensor {
  return $.made(212, $.call($.id(212), $.slot(212, self)));
}

/** `aten::logical_or(Tensor self, Tensor other) -> Tensor` */
export function logicalOr(self: Tensor, other: Tensor): Tensor {
  return $.made(213, $.call($.id(213), $.slot(213, self), $.slot(213, other)));
}

/** `aten::logical_xor(Tensor self, Tensor other) -> Tensor` */
export function logicalXor(self: Tensor, other: Tensor): Tensor {
  return $.made(214, $.call($.id(214), $.slot(214, self), $.slot(214, other)));
}

/** `aten::logit(Tensor self, float? eps=None) -> Tensor` */
export function logit(self: Tensor, options?: { eps?: number | null }): Tensor {
  if (options === undefined) {
    return $.made(215, $.call($.id(215), $.slot(215, self)));
  }
  const o: { eps?: unknown } = $.checked(215, options, self);
  return $.made(215, $.call($.id(215), $.slot(215, self), o.eps));
}

/** `aten::logsumexp(Tensor self, int[1] dim, bool keepdim=False) -> Tensor` */
export function logsumexp(self: Tensor, dim: Sizes, options?: { keepdim?: boolean }): Tensor {
  if (options === undefined) {
    return $.made(216, $.call($.id(216), $.slot(216, self), dim));
  }
  const o: { keepdim?: unknown } = $.checked(216, options, self);
  return $.made(216, $.call($.id(216), $.slot(216, self), dim, o.keepdim));
}

/** `aten::lt.Scalar(Tensor self, Scalar other) -> Tensor` */
export function lt(self: Tensor, other: Scalar): Tensor;
/** `aten::lt.Tensor(Tensor self, Tensor other) -> Tensor` */
export function lt(self: Tensor, other: Tensor): Tensor;
export function lt(a?: unknown, b?: unknown, c?: unknown): unknown {
  if ($.isTensor(a) && $.isScalar(b) && $.fits(217, c)) {
    return $.made(217, $.call($.id(217), $.slot(217, a), b));
  }
  if ($.isTensor(a) && $.isTensor(b) && $.fits(218, c)) {
    return $.made(218, $.call($.id(218), $.slot(218, a), $.slot(218, b)));
  }
  throw $.noForm('lt', [a, b, c], [217, 218]);
}

/** `aten::masked_fill.Scalar(Tensor self, Tensor mask, Scalar value) -> Tensor` */
export function maskedFill(self: Tensor, mask: Tensor, value: Scalar): Tensor;
/** `aten::masked_fill.Tensor(Tensor self, Tensor mask, Tensor value) -> Tensor` */
export function maskedFill(self: Tensor, mask: Tensor, value: Tensor): Tensor;
export function maskedFill(a?: unknown, b?: unknown, c?: unknown, d?: unknown): unknown {
  if ($.isTensor(a) && $.isTensor(b) && $.isScalar(c) && $.fits(219, d)) {
    return $.made(219, $.call($.id(219), $.slot(219, a), $.slot(219, b), c));
  }
  if ($.isTensor(a) && $.isTensor(b) && $.isTensor(c) && $.fits(220, d)) {
    return $.made(220, $.call($.id(220), $.slot(220, a), $.slot(220, b), $.slot(220, c)));
  }
  throw $.noForm('maskedFill', [a, b, c, d], [219, 220]);
}

/** `aten::masked_fill_.Scalar(Tensor(a!) self, Tensor mask, Scalar value) -> Tensor(a!)` */
export function maskedFill_(self: Tensor, mask: Tensor, value: Scalar): Tensor;
/** `aten::masked_fill_.Tensor(Tensor(a!) self, Tensor mask, Tensor value) -> Tensor(a!)` */
export function maskedFill_(self: Tensor, mask: Tensor, value: Tensor): Tensor;
export function maskedFill_(a?: unknown, b?: unknown, c?: unknown, d?: unknown): unknown {
  if ($.isTensor(a) && $.isTensor(b) && $.isScalar(c) && $.fits(221, d)) {
    $.call($.id(221), $.slot(221, a), $.slot(221, b), c);
    return a as Tensor;
  }
  if ($.isTensor(a) && $.isTensor(b) && $.isTensor(c) && $.fits(222, d)) {
    $.call($.id(222), $.slot(222, a), $.slot(222, b), $.slot(222, c));
    return a as Tensor;
  }
  throw $.noForm('maskedFill_', [a, b, c, d], [221, 222]);
}

/** `aten::masked_select(Tensor self, Tensor mask) -> Tensor` */
export function maskedSelect(self: Tensor, mask: Tensor): Tensor {
  return $.made(223, $.call($.id(223), $.slot(223, self), $.slot(223, mask)));
}

/** `aten::matmul(Tensor self, Tensor other) -> Tensor` */
export function matmul(self: Tensor, other: Tensor): Tensor {
  return $.made(224, $.call($.id(224), $.slot(224, self), $.slot(224, other)));
}

/** `aten::max(Tensor self) -> Tensor` */
export function max(self: Tensor): Tensor;
/** `aten::max.dim(Tensor self, int dim, bool keepdim=False) -> (Tensor values, Tensor indices)` */
export function max(self: Tensor, dim: number, options?: { keepdim?: boolean }): [values: Tensor, indices: Tensor];
/** `aten::max.other(Tensor self, Tensor other) -> Tensor` */
export function max(self: Tensor, other: Tensor): Tensor;
export function max(a?: unknown, b?: unknown, c?: unknown): unknown {
  if ($.isTensor(a) && $.fits(225, b)) {
    return $.made(225, $.call($.id(225), $.slot(225, a)));
  }
  if ($.isTensor(a) && $.isNumber(b) && $.fits(226, c)) {
    if (c === undefined) {
      return $.madeAll(226, $.call($.id(226), $.slot(226, a), b)) as [values: Tensor, indices: Tensor];
    }
    const o: { keepdim?: unknown } = $.given(c);
    return $.madeAll(226, $.call($.id(226), $.slot(226, a), b, o.keepdim)) as [values: Tensor, indices: Tensor];
  }
  if ($.isTensor(a) && $.isTensor(b) && $.fits(227, c)) {
    return $.made(227, $.call($.id(227), $.slot(227, a), $.slot(227, b)));
  }
  throw $.noForm('max', [a, b, c], [225, 226, 227]);
}

/** `aten::max_pool2d(Tensor self, int[2] kernel_size, int[2] stride=[], int[2] padding=0, int[2] dilation=1, bool ceil_mode=False) -> Tensor` */
export function maxPool2d(self: Tensor, kernelSize: Sizes, options?: { stride?: Sizes; padding?: Sizes; dilation?: Sizes; ceilMode?: boolean }): Tensor {
  if (options === undefined) {
    return $.made(228, $.call($.id(228), $.slot(228, self), kernelSize));
  }
  const o: { stride?: unknown; padding?: unknown; dilation?: unknown; ceilMode?: unknown } = $.checked(228, options, self);
  return $.made(228, $.call($.id(228), $.slot(228, self), kernelSize, o.stride, o.padding, o.dilation, o.ceilMode));
}

/** `aten::max_pool2d_with_indices(Tensor self, int[2] kernel_size, int[2] stride=[], int[2] padding=0, int[2] dilation=1, bool ceil_mode=False) -> (Tensor, Tensor)` */
export function maxPool2dWithIndices(self: Tensor, kernelSize: Sizes, options?: { stride?: Sizes; padding?: Sizes; dilation?: Sizes; ceilMode?: boolean }): [result0: Tensor, result1: Tensor] {
  if (options === undefined) {
    return $.madeAll(229, $.call($.id(229), $.slot(229, self), kernelSize)) as [result0: Tensor, result1: Tensor];
  }
  const o: { stride?: unknown; padding?: unknown; dilation?: unknown; ceilMode?: unknown } = $.checked(229, options, self);
  return $.madeAll(229, $.call($.id(229), $.slot(229, self), kernelSize, o.stride, o.padding, o.dilation, o.ceilMode)) as [result0: Tensor, result1: Tensor];
}

/** `aten::maximum(Tensor self, Tensor other) -> Tensor` */
export function maximum(self: Tensor, other: Tensor): Tensor {
  return $.made(230, $.call($.id(230), $.slot(230, self), $.slot(230, other)));
}

/** `aten::mean(Tensor self, *, ScalarType? dtype=None) -> Tensor` */
export function mean(self: Tensor, options?: { dtype?: DType | null }): Tensor;
/** `aten::mean.dim(Tensor self, int[1]? dim, bool keepdim=False, *, ScalarType? dtype=None) -> Tensor` */
export function mean(self: Tensor, dim: Sizes | null, options?: { keepdim?: boolean; dtype?: DType | null }): Tensor;
export function mean(a?: unknown, b?: unknown, c?: unknown): unknown {
  if ($.isTensor(a) && $.fits(231, b)) {
    if (b === undefined) {
      return $.made(231, $.call($.id(231), $.slot(231, a)));
    }
    const o: { dtype?: unknown } = $.given(b);
    return $.made(231, $.call($.id(231), $.slot(231, a), o.dtype));
  }
  if ($.isTensor(a) && (b === null || ($.isNumbers(b) || $.isNumber(b))) && $.fits(232, c)) {
    if (c === undefined) {
      return $.made(232, $.call($.id(232), $.slot(232, a), b));
    }
    const o: { keepdim?: unknown; dtype?: unknown } = $.given(c);
    return $.made(232, $.call($.id(232), $.slot(232, a), b, o.keepdim, o.dtype));
  }
  throw $.noForm('mean', [a, b, c], [231, 232]);
}

/** `aten::median(Tensor self) -> Tensor` */
export function median(self: Tensor): Tensor;
/** `aten::median.dim(Tensor self, int dim, bool keepdim=False) -> (Tensor values, Tensor indices)` */
export function median(self: Tensor, dim: number, options?: { keepdim?: boolean }): [values: Tensor, indices: Tensor];
export function median(a?: unknown, b?: unknown, c?: unknown): unknown {
  if ($.isTensor(a) && $.fits(233, b)) {
    return $.made(233, $.call($.id(233), $.slot(233, a)));
  }
  if ($.isTensor(a) && $.isNumber(b) && $.fits(234, c)) {
    if (c === undefined) {
      return $.madeAll(234, $.call($.id(234), $.slot(234, a), b)) as [values: Tensor, indices: Tensor];
    }
    const o: { keepdim?: unknown } = $.given(c);
    return $.madeAll(234, $.call($.id(234), $.slot(234, a), b, o.keepdim)) as [values: Tensor, indices: Tensor];
  }
  throw $.noForm('median', [a, b, c], [233, 234]);
}

/** `aten::meshgrid.indexing(Tensor[] tensors, *, str indexing) -> Tensor[]` */
export function meshgrid(tensors: readonly Tensor[], options: { indexing: string }): Tensor[];
/** `aten::meshgrid(Tensor[] tensors) -> Tensor[]` */
export function meshgrid(tensors: readonly Tensor[]): Tensor[];
export function meshgrid(a?: unknown, b?: unknown): unknown {
  if ($.isTensors(a) && $.has(b, 'indexing') && $.fits(235, b)) {
    const o: { indexing?: unknown } = $.given(b);
    return $.madeAll(235, $.call($.id(235), $.slots(235, a), o.indexing)) as Tensor[];
  }
  if ($.isTensors(a) && $.fits(236, b)) {
    return $.madeAll(236, $.call($.id(236), $.slots(236, a))) as Tensor[];
  }
  throw $.noForm('meshgrid', [a, b], [235, 236]);
}

/** `aten::min(Tensor self) -> Tensor` */
export function min(self: Tensor): Tensor;
/** `aten::min.dim(Tensor self, int dim, bool keepdim=False) -> (Tensor values, Tensor indices)` */
export function min(self: Tensor, dim: number, options?: { keepdim?: boolean }): [values: Tensor, indices: Tensor];
/** `aten::min.other(Tensor self, Tensor other) -> Tensor` */
export function min(self: Tensor, other: Tensor): Tensor;
export function min(a?: unknown, b?: unknown, c?: unknown): unknown {
  if ($.isTensor(a) && $.fits(237, b)) {
    return $.made(237, $.call($.id(237), $.slot(237, a)));
  }
  if ($.isTensor(a) && $.isNumber(b) && $.fits(238, c)) {
    if (c === undefined) {
      return $.madeAll(238, $.call($.id(238), $.slot(238, a), b)) as [values: Tensor, indices: Tensor];
    }
    const o: { keepdim?: unknown } = $.given(c);
    return $.madeAll(238, $.call($.id(238), $.slot(238, a), b, o.keepdim)) as [values: Tensor, indices: Tensor];
  }
  if ($.isTensor(a) && $.isTensor(b) && $.fits(239, c)) {
    return $.made(239, $.call($.id(239), $.slot(239, a), $.slot(239, b)));
  }
  throw $.noForm('min', [a, b, c], [237, 238, 239]);
}

/** `aten::minimum(Tensor self, Tensor other) -> Tensor` */
export function minimum(self: Tensor, other: Tensor): Tensor {
  return $.made(240, $.call($.id(240), $.slot(240, self), $.slot(240, other)));
}

/** `aten::mm(Tensor self, Tensor mat2) -> Tensor` */
export function mm(self: Tensor, mat2: Tensor): Tensor {
  return $.made(241, $.call($.id(241), $.slot(241, self), $.slot(241, mat2)));
}

/** `aten::mse_loss(Tensor self, Tensor target, int reduction=1) -> Tensor` */
export function mseLoss(self: Tensor, target: Tensor, options?: { reduction?: number }): Tensor {
  if (options === undefined) {
    return $.made(242, $.call($.id(242), $.slot(242, self), $.slot(242, target)));
  }
  const o: { reduction?: unknown } = $.checked(242, options, self);
  return $.made(242, $.call($.id(242), $.slot(242, self), $.slot(242, target), o.reduction));
}

/** `aten::mul.Scalar(Tensor self, Scalar other) -> Tensor` */
export function mul(self: Tensor, other: Scalar): Tensor;
/** `aten::mul.Tensor(Tensor self, Tensor other) -> Tensor` */
export function mul(self: Tensor, other: Tensor): Tensor;
export function mul(a?: unknown, b?: unknown, c?: unknown): unknown {
  if ($.isTensor(a) && $.isScalar(b) && $.fits(243, c)) {
    return $.made(243, $.call($.id(243), $.slot(243, a), b));
  }
  if ($.isTensor(a) && $.isTensor(b) && $.fits(244, c)) {
    return $.made(244, $.call($.id(244), $.slot(244, a), $.slot(244, b)));
  }
  throw $.noForm('mul', [a, b, c], [243, 244]);
}

/** `aten::mul_.Scalar(Tensor(a!) self, Scalar other) -> Tensor(a!)` */
export function mul_(self: Tensor, other: Scalar): Tensor;
/** `aten::mul_.Tensor(Tensor(a!) self, Tensor other) -> Tensor(a!)` */
export function mul_(self: Tensor, other: Tensor): Tensor;
export function mul_(a?: unknown, b?: unknown, c?: unknown): unknown {
  if ($.isTensor(a) && $.isScalar(b) && $.fits(245, c)) {
    $.call($.id(245), $.slot(245, a), b);
    return a as Tensor;
  }
  if ($.isTensor(a) && $.isTensor(b) && $.fits(246, c)) {
    $.call($.id(246), $.slot(246, a), $.slot(246, b));
    return a as Tensor;
  }
  throw $.noForm('mul_', [a, b, c], [245, 246]);
}

/** `aten::multinomial(Tensor self, int num_samples, bool replacement=False, *, Generator? generator=None) -> Tensor` */
export function multinomial(self: Tensor, numSamples: number, options?: { replacement?: boolean }): Tensor {
  if (options === undefined) {
    return $.made(247, $.call($.id(247), $.slot(247, self), numSamples));
  }
  const o: { replacement?: unknown } = $.checked(247, options, self);
  return $.made(247, $.call($.id(247), $.slot(247, self), numSamples, o.replacement));
}

/** `aten::mv(Tensor self, Tensor vec) -> Tensor` */
export function mv(self: Tensor, vec: Tensor): Tensor {
  return $.made(248, $.call($.id(248), $.slot(248, self), $.slot(248, vec)));
}

/** `aten::nan_to_num(Tensor self, float? nan=None, float? posinf=None, float? neginf=None) -> Tensor` */
export function nanToNum(self: Tensor, options?: { nan?: number | null; posinf?: number | null; neginf?: number | null }): Tensor {
  if (options === undefined) {
    return $.made(249, $.call($.id(249), $.slot(249, self)));
  }
  const o: { nan?: unknown; posinf?: unknown; neginf?: unknown } = $.checked(249, options, self);
  return $.made(249, $.call($.id(249), $.slot(249, self), o.nan, o.posinf, o.neginf));
}

/** `aten::narrow(Tensor(a) self, int dim, int start, int length) -> Tensor(a)` */
export function narrow(self: Tensor, dim: number, start: number, length: number): Tensor;
/** `aten::narrow.Tensor(Tensor(a) self, int dim, Tensor start, int length) -> Tensor(a)` */
export function narrow(self: Tensor, dim: number, start: Tensor, length: number): Tensor;
export function narrow(a?: unknown, b?: unknown, c?: unknown, d?: unknown, e?: unknown): unknown {
  if ($.isTensor(a) && $.isNumber(b) && $.isNumber(c) && $.isNumber(d) && $.fits(250, e)) {
    return $.made(250, $.call($.id(250), $.slot(250, a), b, c, d));
  }
  if ($.isTensor(a) && $.isNumber(b) && $.isTensor(c) && $.isNumber(d) && $.fits(251, e)) {
    return $.made(251, $.call($.id(251), $.slot(251, a), b, $.slot(251, c), d));
  }
  throw $.noForm('narrow', [a, b, c, d, e], [250, 251]);
}

/** `aten::ne.Scalar(Tensor self, Scalar other) -> Tensor` */
export function ne(self: Tensor, other: Scalar): Tensor;
/** `aten::ne.Tensor(Tensor self, Tensor other) -> Tensor` */
export function ne(self: Tensor, other: Tensor): Tensor;
export function ne(a?: unknown, b?: unknown, c?: unknown): unknown {
  if ($.isTensor(a) && $.isScalar(b) && $.fits(252, c)) {
    return $.made(252, $.call($.id(252), $.slot(252, a), b));
  }
  if ($.isTensor(a) && $.isTensor(b) && $.fits(253, c)) {
    return $.made(253, $.call($.id(253), $.slot(253, a), $.slot(253, b)));
  }
  throw $.noForm('ne', [a, b, c], [252, 253]);
}

/** `aten::neg(Tensor self) -> Tensor` */
export function neg(self: Tensor): Tensor {
  return $.made(254, $.call($.id(254), $.slot(254, self)));
}

/** `aten::neg_(Tensor(a!) self) -> Tensor(a!)` */
export function neg_(self: Tensor): Tensor {
  $.call($.id(255), $.slot(255, self));
  return self as Tensor;
}

/** `aten::new_zeros(Tensor self, SymInt[] size, *, ScalarType? dtype=None, Layout? layout=None, Device? device=None, bool? pin_memory=None) -> Tensor` */
export function newZeros(self: Tensor, size: readonly number[], options?: { dtype?: DType | null; device?: Device | null }): Tensor {
  if (options === undefined) {
    return $.made(256, $.call($.id(256), $.slot(256, self), size));
  }
  const o: { dtype?: unknown; device?: unknown } = $.checked(256, options, self);
  return $.made(256, $.call($.id(256), $.slot(256, self), size, o.dtype, undefined, o.device));
}

/** `aten::nll_loss(Tensor self, Tensor target, Tensor? weight=None, int reduction=1, int ignore_index=-100) -> Tensor` */
export function nllLoss(self: Tensor, target: Tensor, options?: { weight?: Tensor | null; reduction?: number; ignoreIndex?: number }): Tensor {
  if (options === undefined) {
    return $.made(257, $.call($.id(257), $.slot(257, self), $.slot(257, target)));
  }
  const o: { weight?: unknown; reduction?: unknown; ignoreIndex?: unknown } = $.checked(257, options, self);
  return $.made(257, $.call($.id(257), $.slot(257, self), $.slot(257, target), $.optionalSlot(257, o.weight), o.reduction, o.ignoreIndex));
}

/** `aten::nonzero(Tensor self) -> Tensor` */
export function nonzero(self: Tensor): Tensor {
  return $.made(258, $.call($.id(258), $.slot(258, self)));
}

/** `aten::norm.ScalarOpt_dim_dtype(Tensor self, Scalar? p, int[1] dim, bool keepdim, *, ScalarType dtype) -> Tensor` */
export function norm(self: Tensor, p: Scalar | null, dim: Sizes, keepdim: boolean, options: { dtype: DType }): Tensor;
/** `aten::norm.ScalarOpt_dtype(Tensor self, Scalar? p, *, ScalarType dtype) -> Tensor` */
export function norm(self: Tensor, p: Scalar | null, options: { dtype: DType }): Tensor;
/** `aten::norm.Scalar(Tensor self, Scalar p=2) -> Tensor` */
export function norm(self: Tensor, options?: { p?: Scalar }): Tensor;
/** `aten::norm.ScalarOpt_dim(Tensor self, Scalar? p, int[1] dim, bool keepdim=False) -> Tensor` */
export function norm(self: Tensor, p: Scalar | null, dim: Sizes, options?: { keepdim?: boolean }): Tensor;
export function norm(a?: unknown, b?: unknown, c?: unknown, d?: unknown, e?: unknown): unknown {
  if ($.isTensor(a) && (b === null || $.isScalar(b)) && ($.isNumbers(c) || $.isNumber(c)) && $.isBoolean(d) && $.has(e, 'dtype') && $.fits(259, e)) {
    const o: { dtype?: unknown } = $.given(e);
    return $.made(259, $.call($.id(259), $.slot(259, a), b, c, d, o.dtype));
  }
  if ($.isTensor(a) && (b === null || $.isScalar(b)) && $.has(c, 'dtype') && $.fits(260, c)) {
    const o: { dtype?: unknown } = $.given(c);
    return $.made(260, $.call($.id(260), $.slot(260, a), b, o.dtype));
  }
  if ($.isTensor(a) && $.fits(261, b)) {
    if (b === undefined) {
      return $.made(261, $.call($.id(261), $.slot(261, a)));
    }
    const o: { p?: unknown } = $.given(b);
    return $.made(261, $.call($.id(261), $.slot(261, a), o.p));
  }
  if ($.isTensor(a) && (b === null || $.isScalar(b)) && ($.isNumbers(c) || $.isNumber(c)) && $.fits(262, d)) {
    if (d === undefined) {
      return $.made(262, $.call($.id(262), $.slot(262, a), b, c));
    }
    const o: { keepdim?: unknown } = $.given(d);
    return $.made(262, $.call($.id(262), $.slot(262, a), b, c, o.keepdim));
  }
  throw $.noForm('norm', [a, b, c, d, e], [259, 260, 261, 262]);
}

/** `aten::normal.Tensor_Tensor(Tensor mean, Tensor std, *, Generator? generator=None) -> Tensor` */
export function normal(mean: Tensor, std: Tensor): Tensor;
/** `aten::normal.Tensor_float(Tensor mean, float std=1., *, Generator? generator=None) -> Tensor` */
export function normal(mean: Tensor, options?: { std?: number }): Tensor;
/** `aten::normal.float_Tensor(float mean, Tensor std, *, Generator? generator=None) -> Tensor` */
export function normal(mean: number, std: Tensor): Tensor;
/** `aten::normal.float_float(float mean, float std, int[] size, *, Generator? generator=None, ScalarType? dtype=None, Layout? layout=None, Device? device=None, bool? pin_memory=None) -> Tensor` */
export function normal(mean: number, std: number, size: readonly number[], options?: { dtype?: DType | null; device?: Device | null }): Tensor;
export function normal(a?: unknown, b?: unknown, c?: unknown, d?: unknown): unknown {
  if ($.isTensor(a) && $.isTensor(b) && $.fits(263, c)) {
    return $.made(263, $.call($.id(263), $.slot(263, a), $.slot(263, b)));
  }
  if ($.isTensor(a) && $.fits(264, b)) {
    if (b === undefined) {
      return $.made(264, $.call($.id(264), $.slot(264, a)));
    }
    const o: { std?: unknown } = $.given(b);
    return $.made(264, $.call($.id(264), $.slot(264, a), o.std));
  }
  if ($.isNumber(a) && $.isTensor(b) && $.fits(265, c)) {
    return $.made(265, $.call($.id(265), a, $.slot(265, b)));
  }
  if ($.isNumber(a) && $.isNumber(b) && $.isNumbers(c) && $.fits(266, d)) {
    if (d === undefined) {
      return $.made(266, $.call($.id(266), a, b, c));
    }
    const o: { dtype?: unknown; device?: unknown } = $.given(d);
    return $.made(266, $.call($.id(266), a, b, c, undefined, o.dtype, undefined, o.device));
  }
  throw $.noForm('normal', [a, b, c, d], [263, 264, 265, 266]);
}

/** `aten::normal_(Tensor(a!) self, float mean=0., float std=1., *, Generator? generator=None) -> Tensor(a!)` */
export function normal_(self: Tensor, options?: { mean?: number; std?: number }): Tensor {
  if (options === undefined) {
    $.call($.id(267), $.slot(267, self));
    return self as Tensor;
  }
  const o: { mean?: unknown; std?: unknown } = $.checked(267, options, self);
  $.call($.id(267), $.slot(267, self), o.mean, o.std);
  return self as Tensor;
}

/** `aten::one_hot(Tensor self, int num_classes=-1) -> Tensor` */
export function oneHot(self: Tensor, options?: { numClasses?: number }): Tensor {
  if (options === undefined) {
    return $.made(268, $.call($.id(268), $.slot(268, self)));
  }
  const o: { numClasses?: unknown } = $.checked(268, options, self);
  return $.made(268, $.call($.id(268), $.slot(268, self), o.numClasses));
}

/** `aten::ones(SymInt[] size, *, ScalarType? dtype=None, Layout? layout=None, Device? device=None, bool? pin_memory=None) -> Tensor` */
export function ones(size: readonly number[], options?: { dtype?: DType | null; device?: Device | null }): Tensor {
  if (options === undefined) {
    return $.made(269, $.call($.id(269), size));
  }
  const o: { dtype?: unknown; device?: unknown } = $.checked(269, options, size);
  return $.made(269, $.call($.id(269), size, o.dtype, undefined, o.device));
}

/** `aten::ones_like(Tensor self, *, ScalarType? dtype=None, Layout? layout=None, Device? device=None, bool? pin_memory=None, MemoryFormat? memory_format=None) -> Tensor` */
export function onesLike(self: Tensor, options?: { dtype?: DType | null; device?: Device | null; memoryFormat?: MemoryFormat | null }): Tensor {
  if (options === undefined) {
    return $.made(270, $.call($.id(270), $.slot(270, self)));
  }
  const o: { dtype?: unknown; device?: unknown; memoryFormat?: unknown } = $.checked(270, options, self);
  return $.made(270, $.call($.id(270), $.slot(270, self), o.dtype, undefined, o.device, undefined, o.memoryFormat));
}

/** `aten::outer(Tensor self, Tensor vec2) -> Tensor` */
export function outer(self: Tensor, vec2: Tensor): Tensor {
  return $.made(271, $.call($.id(271), $.slot(271, self), $.slot(271, vec2)));
}

/** `aten::pad(Tensor self, int[] pad, str mode="constant", float? value=None) -> Tensor` */
export function pad(self: Tensor, pad: readonly number[], options?: { mode?: string; value?: number | null }): Tensor {
  if (options === undefined) {
    return $.made(272, $.call($.id(272), $.slot(272, self), pad));
  }
  const o: { mode?: unknown; value?: unknown } = $.checked(272, options, self);
  return $.made(272, $.call($.id(272), $.slot(272, self), pad, o.mode, o.value));
}

/** `aten::pdist(Tensor self, float p=2.) -> Tensor` */
export function pdist(self: Tensor, options?: { p?: number }): Tensor {
  if (options === undefined) {
    return $.made(273, $.call($.id(273), $.slot(273, self)));
  }
  const o: { p?: unknown } = $.checked(273, options, self);
  return $.made(273, $.call($.id(273), $.slot(273, self), o.p));
}

/** `aten::permute(Tensor(a) self, int[] dims) -> Tensor(a)` */
export function permute(self: Tensor, dims: readonly number[]): Tensor {
  return $.made(274, $.call($.id(274), $.slot(274, self), dims));
}

/** `aten::pin_memory(Tensor(a) self, Device? device=None) -> Tensor(a)` */
export function pinMemory(self: Tensor, options?: { device?: Device | null }): Tensor {
  if (options === undefined) {
    return $.made(275, $.call($.id(275), $.slot(275, self)));
  }
  const o: { device?: unknown } = $.checked(275, options, self);
  return $.made(275, $.call($.id(275), $.slot(275, self), o.device));
}

/** `aten::pow.Scalar(Scalar self, Tensor exponent) -> Tensor` */
export function pow(self: Scalar, exponent: Tensor): Tensor;
/** `aten::pow.Tensor_Scalar(Tensor self, Scalar exponent) -> Tensor` */
export function pow(self: Tensor, exponent: Scalar): Tensor;
/** `aten::pow.Tensor_Tensor(Tensor self, Tensor exponent) -> Tensor` */
export function pow(self: Tensor, exponent: Tensor): Tensor;
export function pow(a?: unknown, b?: unknown, c?: unknown): unknown {
  if ($.isScalar(a) && $.isTensor(b) && $.fits(276, c)) {
    return $.made(276, $.call($.id(276), a, $.slot(276, b)));
  }
  if ($.isTensor(a) && $.isScalar(b) && $.fits(277, c)) {
    return $.made(277, $.call($.id(277), $.slot(277, a), b));
  }
  if ($.isTensor(a) && $.isTensor(b) && $.fits(278, c)) {
    return $.made(278, $.call($.id(278), $.slot(278, a), $.slot(278, b)));
  }
  throw $.noForm('pow', [a, b, c], [276, 277, 278]);
}

/** `aten::prelu(Tensor self, Tensor weight) -> Tensor` */
export function prelu(self: Tensor, weight: Tensor): Tensor {
  return $.made(279, $.call($.id(279), $.slot(279, self), $.slot(279, weight)));
}

/** `aten::prod(Tensor self, *, ScalarType? dtype=None) -> Tensor` */
export function prod(self: Tensor, options?: { dtype?: DType | null }): Tensor;
/** `aten::prod.dim_int(Tensor self, int dim, bool keepdim=False, *, ScalarType? dtype=None) -> Tensor` */
export function prod(self: Tensor, dim: number, options?: { keepdim?: boolean; dtype?: DType | null }): Tensor;
export function prod(a?: unknown, b?: unknown, c?: unknown): unknown {
  if ($.isTensor(a) && $.fits(280, b)) {
    if (b === undefined) {
      return $.made(280, $.call($.id(280), $.slot(280, a)));
    }
    const o: { dtype?: unknown } = $.given(b);
    return $.made(280, $.call($.id(280), $.slot(280, a), o.dtype));
  }
  if ($.isTensor(a) && $.isNumber(b) && $.fits(281, c)) {
    if (c === undefined) {
      return $.made(281, $.call($.id(281), $.slot(281, a), b));
    }
    const o: { keepdim?: unknown; dtype?: unknown } = $.given(c);
    return $.made(281, $.call($.id(281), $.slot(281, a), b, o.keepdim, o.dtype));
  }
  throw $.noForm('prod', [a, b, c], [280, 281]);
}

/** `aten::quantile(Tensor self, Tensor q, int? dim=None, bool keepdim=False, *, str interpolation="linear") -> Tensor` */
export function quantile(self: Tensor, q: Tensor, options?: { dim?: number | null; keepdim?: boolean; interpolation?: string }): Tensor;
/** `aten::quantile.scalar(Tensor self, float q, int? dim=None, bool keepdim=False, *, str interpolation="linear") -> Tensor` */
export function quantile(self: Tensor, q: number, options?: { dim?: number | null; keepdim?: boolean; interpolation?: string }): Tensor;
export function quantile(a?: unknown, b?: unknown, c?: unknown): unknown {
  if ($.isTensor(a) && $.isTensor(b) && $.fits(282, c)) {
    if (c === undefined) {
      return $.made(282, $.call($.id(282), $.slot(282, a), $.slot(282, b)));
    }
    const o: { dim?: unknown; keepdim?: unknown; interpolation?: unknown } = $.given(c);
    return $.made(282, $.call($.id(282), $.slot(282, a), $.slot(282, b), o.dim, o.keepdim, o.interpolation));
  }
  if ($.isTensor(a) && $.isNumber(b) && $.fits(283, c)) {
    if (c === undefined) {
      return $.made(283, $.call($.id(283), $.slot(283, a), b));
    }
    const o: { dim?: unknown; keepdim?: unknown; interpolation?: unknown } = $.given(c);
    return $.made(283, $.call($.id(283), $.slot(283, a), b, o.dim, o.keepdim, o.interpolation));
  }
  throw $.noForm('quantile', [a, b, c], [282, 283]);
}

/** `aten::rand(int[] size, *, ScalarType? dtype=None, Layout? layout=None, Device? device=None, bool? pin_memory=None) -> Tensor` */
export function rand(size: readonly number[], options?: { dtype?: DType | null; device?: Device | null }): Tensor {
  if (options === undefined) {
    return $.made(284, $.call($.id(284), size));
  }
  const o: { dtype?: unknown; device?: unknown } = $.checked(284, options, size);
  return $.made(284, $.call($.id(284), size, o.dtype, undefined, o.device));
}

/** `aten::rand_like(Tensor self, *, ScalarType? dtype=None, Layout? layout=None, Device? device=None, bool? pin_memory=None, MemoryFormat? memory_format=None) -> Tensor` */
export function randLike(self: Tensor, options?: { dtype?: DType | null; device?: Device | null; memoryFormat?: MemoryFormat | null }): Tensor {
  if (options === undefined) {
    return $.made(285, $.call($.id(285), $.slot(285, self)));
  }
  const o: { dtype?: unknown; device?: unknown; memoryFormat?: unknown } = $.checked(285, options, self);
  return $.made(285, $.call($.id(285), $.slot(285, self), o.dtype, undefined, o.device, undefined, o.memoryFormat));
}

/** `aten::randint(int high, int[] size, *, ScalarType? dtype=4, Layout? layout=None, Device? device=None, bool? pin_memory=None) -> Tensor` */
export function randint(high: number, size: readonly number[], options?: { dtype?: DType | null; device?: Device | null }): Tensor;
/** `aten::randint.low(int low, int high, int[] size, *, ScalarType? dtype=4, Layout? layout=None, Device? device=None, bool? pin_memory=None) -> Tensor` */
export function randint(low: number, high: number, size: readonly number[], options?: { dtype?: DType | null; device?: Device | null }): Tensor;
export function randint(a?: unknown, b?: unknown, c?: unknown, d?: unknown): unknown {
  if ($.isNumber(a) && $.isNumbers(b) && $.fits(286, c)) {
    if (c === undefined) {
      return $.made(286, $.call($.id(286), a, b));
    }
    const o: { dtype?: unknown; device?: unknown } = $.given(c);
    return $.made(286, $.call($.id(286), a, b, o.dtype, undefined, o.device));
  }
  if ($.isNumber(a) && $.isNumber(b) && $.isNumbers(c) && $.fits(287, d)) {
    if (d === undefined) {
      return $.made(287, $.call($.id(287), a, b, c));
    }
    const o: { dtype?: unknown; device?: unknown } = $.given(d);
    return $.made(287, $.call($.id(287), a, b, c, o.dtype, undefined, o.device));
  }
  throw $.noForm('randint', [a, b, c, d], [286, 287]);
}

/** `aten::randn(int[] size, *, ScalarType? dtype=None, Layout? layout=None, Device? device=None, bool? pin_memory=None) -> Tensor` */
export function randn(size: readonly number[], options?: { dtype?: DType | null; device?: Device | null }): Tensor {
  if (options === undefined) {
    return $.made(288, $.call($.id(288), size));
  }
  const o: { dtype?: unknown; device?: unknown } = $.checked(288, options, size);
  return $.made(288, $.call($.id(288), size, o.dtype, undefined, o.device));
}

/** `aten::randn_like(Tensor self, *, ScalarType? dtype=None, Layout? layout=None, Device? device=None, bool? pin_memory=None, MemoryFormat? memory_format=None) -> Tensor` */
export function randnLike(self: Tensor, options?: { dtype?: DType | null; device?: Device | null; memoryFormat?: MemoryFormat | null }): Tensor {
  if (options === undefined) {
    return $.made(289, $.call($.id(289), $.slot(289, self)));
  }
  const o: { dtype?: unknown; device?: unknown; memoryFormat?: unknown } = $.checked(289, options, self);
  return $.made(289, $.call($.id(289), $.slot(289, self), o.dtype, undefined, o.device, undefined, o.memoryFormat));
}

/** `aten::random_(Tensor(a!) self, *, Generator? generator=None) -> Tensor(a!)` */
export function random_(self: Tensor): Tensor;
/** `aten::random_.from(Tensor(a!) self, int from, int? to, *, Generator? generator=None) -> Tensor(a!)` */
export function random_(self: Tensor, from: number, to: number | null): Tensor;
/** `aten::random_.to(Tensor(a!) self, int to, *, Generator? generator=None) -> Tensor(a!)` */
export function random_(self: Tensor, to: number): Tensor;
export function random_(a?: unknown, b?: unknown, c?: unknown, d?: unknown): unknown {
  if ($.isTensor(a) && $.fits(290, b)) {
    $.call($.id(290), $.slot(290, a));
    return a as Tensor;
  }
  if ($.isTensor(a) && $.isNumber(b) && (c === null || $.isNumber(c)) && $.fits(291, d)) {
    $.call($.id(291), $.slot(291, a), b, c);
    return a as Tensor;
  }
  if ($.isTensor(a) && $.isNumber(b) && $.fits(292, c)) {
    $.call($.id(292), $.slot(292, a), b);
    return a as Tensor;
  }
  throw $.noForm('random_', [a, b, c, d], [290, 291, 292]);
}

/** `aten::randperm(int n, *, ScalarType? dtype=4, Layout? layout=None, Device? device=None, bool? pin_memory=None) -> Tensor` */
export function randperm(n: number, options?: { dtype?: DType | null; device?: Device | null }): Tensor {
  if (options === undefined) {
    return $.made(293, $.call($.id(293), n));
  }
  const o: { dtype?: unknown; device?: unknown } = $.checked(293, options, n);
  return $.made(293, $.call($.id(293), n, o.dtype, undefined, o.device));
}

/** `aten::reciprocal(Tensor self) -> Tensor` */
export function reciprocal(self: Tensor): Tensor {
  return $.made(294, $.call($.id(294), $.slot(294, self)));
}

/** `aten::reflection_pad2d(Tensor self, int[4] padding) -> Tensor` */
export function reflectionPad2d(self: Tensor, padding: Sizes): Tensor {
  return $.made(295, $.call($.id(295), $.slot(295, self), padding));
}

/** `aten::relu(Tensor self) -> Tensor` */
export function relu(self: Tensor): Tensor {
  return $.made(296, $.call($.id(296), $.slot(296, self)));
}

/** `aten::relu_(Tensor(a!) self) -> Tensor(a!)` */
export function relu_(self: Tensor): Tensor {
  $.call($.id(297), $.slot(297, self));
  return self as Tensor;
}

/** `aten::remainder.Scalar(Tensor self, Scalar other) -> Tensor` */
export function remainder(self: Tensor, other: Scalar): Tensor;
/** `aten::remainder.Scalar_Tensor(Scalar self, Tensor other) -> Tensor` */
export function remainder(self: Scalar, other: Tensor): Tensor;
/** `aten::remainder.Tensor(Tensor self, Tensor other) -> Tensor` */
export function remainder(self: Tensor, other: Tensor): Tensor;
export function remainder(a?: unknown, b?: unknown, c?: unknown): unknown {
  if ($.isTensor(a) && $.isScalar(b) && $.fits(298, c)) {
    return $.made(298, $.call($.id(298), $.slot(298, a), b));
  }
  if ($.isScalar(a) && $.isTensor(b) && $.fits(299, c)) {
    return $.made(299, $.call($.id(299), a, $.slot(299, b)));
  }
  if ($.isTensor(a) && $.isTensor(b) && $.fits(300, c)) {
    return $.made(300, $.call($.id(300), $.slot(300, a), $.slot(300, b)));
  }
  throw $.noForm('remainder', [a, b, c], [298, 299, 300]);
}

/** `aten::repeat(Tensor self, SymInt[] repeats) -> Tensor` */
export function repeat(self: Tensor, repeats: readonly number[]): Tensor {
  return $.made(301, $.call($.id(301), $.slot(301, self), repeats));
}

/** `aten::repeat_interleave.Tensor(Tensor repeats, *, int? output_size=None) -> Tensor` */
export function repeatInterleave(repeats: Tensor, options?: { outputSize?: number | null }): Tensor;
/** `aten::repeat_interleave.self_Tensor(Tensor self, Tensor repeats, int? dim=None, *, int? output_size=None) -> Tensor` */
export function repeatInterleave(self: Tensor, repeats: Tensor, options?: { dim?: number | null; outputSize?: number | null }): Tensor;
/** `aten::repeat_interleave.self_int(Tensor self, int repeats, int? dim=None, *, int? output_size=None) -> Tensor` */
export function repeatInterleave(self: Tensor, repeats: number, options?: { dim?: number | null; outputSize?: number | null }): Tensor;
export function repeatInterleave(a?: unknown, b?: unknown, c?: unknown): unknown {
  if ($.isTensor(a) && $.fits(302, b)) {
    if (b === undefined) {
      return $.made(302, $.call($.id(302), $.slot(302, a)));
    }
    const o: { outputSize?: unknown } = $.given(b);
    return $.made(302, $.call($.id(302), $.slot(302, a), o.outputSize));
  }
  if ($.isTensor(a) && $.isTensor(b) && $.fits(303, c)) {
    if (c === undefined) {
      return $.made(303, $.call($.id(303), $.slot(303, a), $.slot(303, b)));
    }
    const o: { dim?: unknown; outputSize?: unknown } = $.given(c);
    return $.made(303, $.call($.id(303), $.slot(303, a), $.slot(303, b), o.dim, o.outputSize));
  }
  if ($.isTensor(a) && $.isNumber(b) && $.fits(304, c)) {
    if (c === undefined) {
      return $.made(304, $.call($.id(304), $.slot(304, a), b));
    }
    const o: { dim?: unknown; outputSize?: unknown } = $.given(c);
    return $.made(304, $.call($.id(304), $.slot(304, a), b, o.dim, o.outputSize));
  }
  throw $.noForm('repeatInterleave', [a, b, c], [302, 303, 304]);
}

/** `aten::reshape(Tensor(a) self, SymInt[] shape) -> Tensor(a)` */
export function reshape(self: Tensor, shape: readonly number[]): Tensor {
  return $.made(305, $.call($.id(305), $.slot(305, self), shape));
}

/** `aten::roll(Tensor self, int[1] shifts, int[1] dims=[]) -> Tensor` */
export function roll(self: Tensor, shifts: Sizes, options?: { dims?: Sizes }): Tensor {
  if (options === undefined) {
    return $.made(306, $.call($.id(306), $.slot(306, self), shifts));
  }
  const o: { dims?: unknown } = $.checked(306, options, self);
  return $.made(306, $.call($.id(306), $.slot(306, self), shifts, o.dims));
}

/** `aten::round.decimals(Tensor self, *, int decimals) -> Tensor` */
export function round(self: Tensor, options: { decimals: number }): Tensor;
/** `aten::round(Tensor self) -> Tensor` */
export function round(self: Tensor): Tensor;
export function round(a?: unknown, b?: unknown): unknown {
  if ($.isTensor(a) && $.has(b, 'decimals') && $.fits(307, b)) {
    const o: { decimals?: unknown } = $.given(b);
    return $.made(307, $.call($.id(307), $.slot(307, a), o.decimals));
  }
  if ($.isTensor(a) && $.fits(308, b)) {
    return $.made(308, $.call($.id(308), $.slot(308, a)));
  }
  throw $.noForm('round', [a, b], [307, 308]);
}

/** `aten::rsqrt(Tensor self) -> Tensor` */
export function rsqrt(self: Tensor): Tensor {
  return $.made(309, $.call($.id(309), $.slot(309, self)));
}

/** `aten::rsqrt_(Tensor(a!) self) -> Tensor(a!)` */
export function rsqrt_(self: Tensor): Tensor {
  $.call($.id(310), $.slot(310, self));
  return self as Tensor;
}

/** `aten::scatter.reduce(Tensor self, int dim, Tensor index, Tensor src, *, str reduce) -> Tensor` */
export function scatter(self: Tensor, dim: number, index: Tensor, src: Tensor, options: { reduce: string }): Tensor;
/** `aten::scatter.value_reduce(Tensor self, int dim, Tensor index, Scalar value, *, str reduce) -> Tensor` */
export function scatter(self: Tensor, dim: number, index: Tensor, value: Scalar, options: { reduce: string }): Tensor;
/** `aten::scatter.src(Tensor self, int dim, Tensor index, Tensor src) -> Tensor` */
export function scatter(self: Tensor, dim: number, index: Tensor, src: Tensor): Tensor;
/** `aten::scatter.value(Tensor self, int dim, Tensor index, Scalar value) -> Tensor` */
export function scatter(self: Tensor, dim: number, index: Tensor, value: Scalar): Tensor;
export function scatter(a?: unknown, b?: unknown, c?: unknown, d?: unknown, e?: unknown): unknown {
  if ($.isTensor(a) && $.isNumber(b) && $.isTensor(c) && $.isTensor(d) && $.has(e, 'reduce') && $.fits(311, e)) {
    const o: { reduce?: unknown } = $.given(e);
    return $.made(311, $.call($.id(311), $.slot(311, a), b, $.slot(311, c), $.slot(311, d), o.reduce));
  }
  if ($.isTensor(a) && $.isNumber(b) && $.isTensor(c) && $.isScalar(d) && $.has(e, 'reduce') && $.fits(312, e)) {
    const o: { reduce?: unknown } = $.given(e);
    return $.made(312, $.call($.id(312), $.slot(312, a), b, $.slot(312, c), d, o.reduce));
  }
  if ($.isTensor(a) && $.isNumber(b) && $.isTensor(c) && $.isTensor(d) && $.fits(313, e)) {
    return $.made(313, $.call($.id(313), $.slot(313, a), b, $.slot(313, c), $.slot(313, d)));
  }
  if ($.isTensor(a) && $.isNumber(b) && $.isTensor(c) && $.isScalar(d) && $.fits(314, e)) {
    return $.made(314, $.call($.id(314), $.slot(314, a), b, $.slot(314, c), d));
  }
  throw $.noForm('scatter', [a, b, c, d, e], [311, 312, 313, 314]);
}

/** `aten::scatter_.reduce(Tensor(a!) self, int dim, Tensor index, Tensor src, *, str reduce) -> Tensor(a!)` */
export function scatter_(self: Tensor, dim: number, index: Tensor, src: Tensor, options: { reduce: string }): Tensor;
/** `aten::scatter_.value_reduce(Tensor(a!) self, int dim, Tensor index, Scalar value, *, str reduce) -> Tensor(a!)` */
export function scatter_(self: Tensor, dim: number, index: Tensor, value: Scalar, options: { reduce: string }): Tensor;
/** `aten::scatter_.src(Tensor(a!) self, int dim, Tensor index, Tensor src) -> Tensor(a!)` */
export function scatter_(self: Tensor, dim: number, index: Tensor, src: Tensor): Tensor;
/** `aten::scatter_.value(Tensor(a!) self, int dim, Tensor index, Scalar value) -> Tensor(a!)` */
export function scatter_(self: Tensor, dim: number, index: Tensor, value: Scalar): Tensor;
export function scatter_(a?: unknown, b?: unknown, c?: unknown, d?: unknown, e?: unknown): unknown {
  if ($.isTensor(a) && $.isNumber(b) && $.isTensor(c) && $.isTensor(d) && $.has(e, 'reduce') && $.fits(315, e)) {
    const o: { reduce?: unknown } = $.given(e);
    $.call($.id(315), $.slot(315, a), b, $.slot(315, c), $.slot(315, d), o.reduce);
    return a as Tensor;
  }
  if ($.isTensor(a) && $.isNumber(b) && $.isTensor(c) && $.isScalar(d) && $.has(e, 'reduce') && $.fits(316, e)) {
    const o: { reduce?: unknown } = $.given(e);
    $.call($.id(316), $.slot(316, a), b, $.slot(316, c), d, o.reduce);
    return a as Tensor;
  }
  if ($.isTensor(a) && $.isNumber(b) && $.isTensor(c) && $.isTensor(d) && $.fits(317, e)) {
    $.call($.id(317), $.slot(317, a), b, $.slot(317, c), $.slot(317, d));
    return a as Tensor;
  }
  if ($.isTensor(a) && $.isNumber(b) && $.isTensor(c) && $.isScalar(d) && $.fits(318, e)) {
    $.call($.id(318), $.slot(318, a), b, $.slot(318, c), d);
    return a as Tensor;
  }
  throw $.noForm('scatter_', [a, b, c, d, e], [315, 316, 317, 318]);
}

/** `aten::scatter_add(Tensor self, int dim, Tensor index, Tensor src) -> Tensor` */
export function scatterAdd(self: Tensor, dim: number, index: Tensor, src: Tensor): Tensor {
  return $.made(319, $.call($.id(319), $.slot(319, self), dim, $.slot(319, index), $.slot(319, src)));
}

/** `aten::scatter_add_(Tensor(a!) self, int dim, Tensor index, Tensor src) -> Tensor(a!)` */
export function scatterAdd_(self: Tensor, dim: number, index: Tensor, src: Tensor): Tensor {
  $.call($.id(320), $.slot(320, self), dim, $.slot(320, index), $.slot(320, src));
  return self as Tensor;
}

/** `aten::scatter_reduce.two(Tensor self, int dim, Tensor index, Tensor src, str reduce, *, bool include_self=True) -> Tensor` */
export function scatterReduce(self: Tensor, dim: number, index: Tensor, src: Tensor, reduce: string, options?: { includeSelf?: boolean }): Tensor {
  if (options === undefined) {
    return $.made(321, $.call($.id(321), $.slot(321, self), dim, $.slot(321, index), $.slot(321, src), reduce));
  }
  const o: { includeSelf?: unknown } = $.checked(321, options, self);
  return $.made(321, $.call($.id(321), $.slot(321, self), dim, $.slot(321, index), $.slot(321, src), reduce, o.includeSelf));
}

/** `aten::searchsorted.Scalar(Tensor sorted_sequence, Scalar self, *, bool out_int32=False, bool right=False, str? side=None, Tensor? sorter=None) -> Tensor` */
export function searchsorted(sortedSequence: Tensor, self: Scalar, options?: { outInt32?: boolean; right?: boolean; side?: string | null; sorter?: Tensor | null }): Tensor;
/** `aten::searchsorted.Tensor(Tensor sorted_sequence, Tensor self, *, bool out_int32=False, bool right=False, str? side=None, Tensor? sorter=None) -> Tensor` */
export function searchsorted(sortedSequence: Tensor, self: Tensor, options?: { outInt32?: boolean; right?: boolean; side?: string | null; sorter?: Tensor | null }): Tensor;
export function searchsorted(a?: unknown, b?: unknown, c?: unknown): unknown {
  if ($.isTensor(a) && $.isScalar(b) && $.fits(322, c)) {
    if (c === undefined) {
      return $.made(322, $.call($.id(322), $.slot(322, a), b));
    }
    const o: { outInt32?: unknown; right?: unknown; side?: unknown; sorter?: unknown } = $.given(c);
    return $.made(322, $.call($.id(322), $.slot(322, a), b, o.outInt32, o.right, o.side, $.optionalSlot(322, o.sorter)));
  }
  if ($.isTensor(a) && $.isTensor(b) && $.fits(323, c)) {
    if (c === undefined) {
      return $.made(323, $.call($.id(323), $.slot(323, a), $.slot(323, b)));
    }
    const o: { outInt32?: unknown; right?: unknown; side?: unknown; sorter?: unknown } = $.given(c);
    return $.made(323, $.call($.id(323), $.slot(323, a), $.slot(323, b), o.outInt32, o.right, o.side, $.optionalSlot(323, o.sorter)));
  }
  throw $.noForm('searchsorted', [a, b, c], [322, 323]);
}

/** `aten::select.int(Tensor(a) self, int dim, int index) -> Tensor(a)` */
export function select(self: Tensor, dim: number, index: number): Tensor {
  return $.made(324, $.call($.id(324), $.slot(324, self), dim, index));
}

/** `aten::sigmoid(Tensor self) -> Tensor` */
export function sigmoid(self: Tensor): Tensor {
  return $.made(325, $.call($.id(325), $.slot(325, self)));
}

/** `aten::sign(Tensor self) -> Tensor` */
export function sign(self: Tensor): Tensor {
  return $.made(326, $.call($.id(326), $.slot(326, self)));
}

/** `aten::silu(Tensor self) -> Tensor` */
export function silu(self: Tensor): Tensor {
  return $.made(327, $.call($.id(327), $.slot(327, self)));
}

/** `aten::sin(Tensor self) -> Tensor` */
export function sin(self: Tensor): Tensor {
  return $.made(328, $.call($.id(328), $.slot(328, self)));
}

/** `aten::slice.Tensor(Tensor(a) self, int dim=0, SymInt? start=None, SymInt? end=None, SymInt step=1) -> Tensor(a)` */
export function slice(self: Tensor, options?: { dim?: number; start?: number | null; end?: number | null; step?: number }): Tensor {
  if (options === undefined) {
    return $.made(329, $.call($.id(329), $.slot(329, self)));
  }
  const o: { dim?: unknown; start?: unknown; end?: unknown; step?: unknown } = $.checked(329, options, self);
  return $.made(329, $.call($.id(329), $.slot(329, self), o.dim, o.start, o.end, o.step));
}

/** `aten::smooth_l1_loss(Tensor self, Tensor target, int reduction=1, float beta=1.) -> Tensor` */
export function smoothL1Loss(self: Tensor, target: Tensor, options?: { reduction?: number; beta?: number }): Tensor {
  if (options === undefined) {
    return $.made(330, $.call($.id(330), $.slot(330, self), $.slot(330, target)));
  }
  const o: { reduction?: unknown; beta?: unknown } = $.checked(330, options, self);
  return $.made(330, $.call($.id(330), $.slot(330, self), $.slot(330, target), o.reduction, o.beta));
}

/** `aten::softmax.int(Tensor self, int dim, ScalarType? dtype=None) -> Tensor` */
export function softmax(self: Tensor, dim: number, options?: { dtype?: DType | null }): Tensor {
  if (options === undefined) {
    return $.made(331, $.call($.id(331), $.slot(331, self), dim));
  }
  const o: { dtype?: unknown } = $.checked(331, options, self);
  return $.made(331, $.call($.id(331), $.slot(331, self), dim, o.dtype));
}

/** `aten::softplus(Tensor self, Scalar beta=1, Scalar threshold=20) -> Tensor` */
export function softplus(self: Tensor, options?: { beta?: Scalar; threshold?: Scalar }): Tensor {
  if (options === undefined) {
    return $.made(332, $.call($.id(332), $.slot(332, self)));
  }
  const o: { beta?: unknown; threshold?: unknown } = $.checked(332, options, self);
  return $.made(332, $.call($.id(332), $.slot(332, self), o.beta, o.threshold));
}

/** `aten::sort.stable(Tensor self, *, bool? stable, int dim=-1, bool descending=False) -> (Tensor values, Tensor indices)` */
export function sort(self: Tensor, options: { stable: boolean | null; dim?: number; descending?: boolean }): [values: Tensor, indices: Tensor];
/** `aten::sort(Tensor self, int dim=-1, bool descending=False) -> (Tensor values, Tensor indices)` */
export function sort(self: Tensor, options?: { dim?: number; descending?: boolean }): [values: Tensor, indices: Tensor];
export function sort(a?: unknown, b?: unknown): unknown {
  if ($.isTensor(a) && $.has(b, 'stable') && $.fits(333, b)) {
    const o: { stable?: unknown; dim?: unknown; descending?: unknown } = $.given(b);
    return $.madeAll(333, $.call($.id(333), $.slot(333, a), o.stable, o.dim, o.descending)) as [values: Tensor, indices: Tensor];
  }
  if ($.isTensor(a) && $.fits(334, b)) {
    if (b === undefined) {
      return $.madeAll(334, $.call($.id(334), $.slot(334, a))) as [values: Tensor, indices: Tensor];
    }
    const o: { dim?: unknown; descending?: unknown } = $.given(b);
    return $.madeAll(334, $.call($.id(334), $.slot(334, a), o.dim, o.descending)) as [values: Tensor, indices: Tensor];
  }
  throw $.noForm('sort', [a, b], [333, 334]);
}

/** `aten::split.Tensor(Tensor(a -> *) self, int split_size, int dim=0) -> Tensor(a)[]` */
export function split(self: Tensor, splitSize: number, options?: { dim?: number }): Tensor[];
/** `aten::split.sizes(Tensor(a -> *) self, int[] split_size, int dim=0) -> Tensor(a)[]` */
export function split(self: Tensor, splitSize: readonly number[], options?: { dim?: number }): Tensor[];
export function split(a?: unknown, b?: unknown, c?: unknown): unknown {
  if ($.isTensor(a) && $.isNumber(b) && $.fits(335, c)) {
    if (c === undefined) {
      return $.madeAll(335, $.call($.id(335), $.slot(335, a), b)) as Tensor[];
    }
    const o: { dim?: unknown } = $.given(c);
    return $.madeAll(335, $.call($.id(335), $.slot(335, a), b, o.dim)) as Tensor[];
  }
  if ($.isTensor(a) && $.isNumbers(b) && $.fits(336, c)) {
    if (c === undefined) {
      return $.madeAll(336, $.call($.id(336), $.slot(336, a), b)) as Tensor[];
    }
    const o: { dim?: unknown } = $.given(c);
    return $.madeAll(336, $.call($.id(336), $.slot(336, a), b, o.dim)) as Tensor[];
  }
  throw $.noForm('split', [a, b, c], [335, 336]);
}

/** `aten::split_with_sizes(Tensor(a -> *) self, int[] split_sizes, int dim=0) -> Tensor(a)[]` */
export function splitWithSizes(self: Tensor, splitSizes: readonly number[], options?: { dim?: number }): Tensor[] {
  if (options === undefined) {
    return $.madeAll(337, $.call($.id(337), $.slot(337, self), splitSizes)) as Tensor[];
  }
  const o: { dim?: unknown } = $.checked(337, options, self);
  return $.madeAll(337, $.call($.id(337), $.slot(337, self), splitSizes, o.dim)) as Tensor[];
}

/** `aten::sqrt(Tensor self) -> Tensor` */
export function sqrt(self: Tensor): Tensor {
  return $.made(338, $.call($.id(338), $.slot(338, self)));
}

/** `aten::sqrt_(Tensor(a!) self) -> Tensor(a!)` */
export function sqrt_(self: Tensor): Tensor {
  $.call($.id(339), $.slot(339, self));
  return self as Tensor;
}

/** `aten::square(Tensor self) -> Tensor` */
export function square(self: Tensor): Tensor {
  return $.made(340, $.call($.id(340), $.slot(340, self)));
}

/** `aten::squeeze(Tensor(a) self) -> Tensor(a)` */
export function squeeze(self: Tensor): Tensor;
/** `aten::squeeze.dim(Tensor(a) self, int dim) -> Tensor(a)` */
export function squeeze(self: Tensor, dim: number): Tensor;
export function squeeze(a?: unknown, b?: unknown, c?: unknown): unknown {
  if ($.isTensor(a) && $.fits(341, b)) {
    return $.made(341, $.call($.id(341), $.slot(341, a)));
  }
  if ($.isTensor(a) && $.isNumber(b) && $.fits(342, c)) {
    return $.made(342, $.call($.id(342), $.slot(342, a), b));
  }
  throw $.noForm('squeeze', [a, b, c], [341, 342]);
}

/** `aten::stack(Tensor[] tensors, int dim=0) -> Tensor` */
export function stack(tensors: readonly Tensor[], options?: { dim?: number }): Tensor {
  if (options === undefined) {
    return $.made(343, $.call($.id(343), $.slots(343, tensors)));
  }
  const o: { dim?: unknown } = $.checked(343, options, tensors);
  return $.made(343, $.call($.id(343), $.slots(343, tensors), o.dim));
}

/** `aten::std.correction(Tensor self, int[1]? dim, *, int? correction, bool keepdim=False) -> Tensor` */
export function std(self: Tensor, dim: Sizes | null, options: { correction: number | null; keepdim?: boolean }): Tensor;
/** `aten::std(Tensor self, bool unbiased=True) -> Tensor` */
export function std(self: Tensor, options?: { unbiased?: boolean }): Tensor;
/** `aten::std.dim(Tensor self, int[1]? dim, bool unbiased=True, bool keepdim=False) -> Tensor` */
export function std(self: Tensor, dim: Sizes | null, options?: { unbiased?: boolean; keepdim?: boolean }): Tensor;
export function std(a?: unknown, b?: unknown, c?: unknown): unknown {
  if ($.isTensor(a) && (b === null || ($.isNumbers(b) || $.isNumber(b))) && $.has(c, 'correction') && $.fits(344, c)) {
    const o: { correction?: unknown; keepdim?: unknown } = $.given(c);
    return $.made(344, $.call($.id(344), $.slot(344, a), b, o.correction, o.keepdim));
  }
  if ($.isTensor(a) && $.fits(345, b)) {
    if (b === undefined) {
      return $.made(345, $.call($.id(345), $.slot(345, a)));
    }
    const o: { unbiased?: unknown } = $.given(b);
    return $.made(345, $.call($.id(345), $.slot(345, a), o.unbiased));
  }
  if ($.isTensor(a) && (b === null || ($.isNumbers(b) || $.isNumber(b))) && $.fits(346, c)) {
    if (c === undefined) {
      return $.made(346, $.call($.id(346), $.slot(346, a), b));
    }
    const o: { unbiased?: unknown; keepdim?: unknown } = $.given(c);
    return $.made(346, $.call($.id(346), $.slot(346, a), b, o.unbiased, o.keepdim));
  }
  throw $.noForm('std', [a, b, c], [344, 345, 346]);
}

/** `aten::std_mean.correction(Tensor self, int[1]? dim, *, int? correction, bool keepdim=False) -> (Tensor, Tensor)` */
export function stdMean(self: Tensor, dim: Sizes | null, options: { correction: number | null; keepdim?: boolean }): [result0: Tensor, result1: Tensor];
/** `aten::std_mean(Tensor self, bool unbiased=True) -> (Tensor, Tensor)` */
export function stdMean(self: Tensor, options?: { unbiased?: boolean }): [result0: Tensor, result1: Tensor];
/** `aten::std_mean.dim(Tensor self, int[1]? dim, bool unbiased=True, bool keepdim=False) -> (Tensor, Tensor)` */
export function stdMean(self: Tensor, dim: Sizes | null, options?: { unbiased?: boolean; keepdim?: boolean }): [result0: Tensor, result1: Tensor];
export function stdMean(a?: unknown, b?: unknown, c?: unknown): unknown {
  if ($.isTensor(a) && (b === null || ($.isNumbers(b) || $.isNumber(b))) && $.has(c, 'correction') && $.fits(347, c)) {
    const o: { correction?: unknown; keepdim?: unknown } = $.given(c);
    return $.madeAll(347, $.call($.id(347), $.slot(347, a), b, o.correction, o.keepdim)) as [result0: Tensor, result1: Tensor];
  }
  if ($.isTensor(a) && $.fits(348, b)) {
    if (b === undefined) {
      return $.madeAll(348, $.call($.id(348), $.slot(348, a))) as [result0: Tensor, result1: Tensor];
    }
    const o: { unbiased?: unknown } = $.given(b);
    return $.madeAll(348, $.call($.id(348), $.slot(348, a), o.unbiased)) as [result0: Tensor, result1: Tensor];
  }
  if ($.isTensor(a) && (b === null || ($.isNumbers(b) || $.isNumber(b))) && $.fits(349, c)) {
    if (c === undefined) {
      return $.madeAll(349, $.call($.id(349), $.slot(349, a), b)) as [result0: Tensor, result1: Tensor];
    }
    const o: { unbiased?: unknown; keepdim?: unknown } = $.given(c);
    return $.madeAll(349, $.call($.id(349), $.slot(349, a), b, o.unbiased, o.keepdim)) as [result0: Tensor, result1: Tensor];
  }
  throw $.noForm('stdMean', [a, b, c], [347, 348, 349]);
}

/** `aten::sub.Scalar(Tensor self, Scalar other, Scalar alpha=1) -> Tensor` */
export function sub(self: Tensor, other: Scalar, options?: { alpha?: Scalar }): Tensor;
/** `aten::sub.Tensor(Tensor self, Tensor other, *, Scalar alpha=1) -> Tensor` */
export function sub(self: Tensor, other: Tensor, options?: { alpha?: Scalar }): Tensor;
export function sub(a?: unknown, b?: unknown, c?: unknown): unknown {
  if ($.isTensor(a) && $.isScalar(b) && $.fits(350, c)) {
    if (c === undefined) {
      return $.made(350, $.call($.id(350), $.slot(350, a), b));
    }
    const o: { alpha?: unknown } = $.given(c);
    return $.made(350, $.call($.id(350), $.slot(350, a), b, o.alpha));
  }
  if ($.isTensor(a) && $.isTensor(b) && $.fits(351, c)) {
    if (c === undefined) {
      return $.made(351, $.call($.id(351), $.slot(351, a), $.slot(351, b)));
    }
    const o: { alpha?: unknown } = $.given(c);
    return $.made(351, $.call($.id(351), $.slot(351, a), $.slot(351, b), o.alpha));
  }
  throw $.noForm('sub', [a, b, c], [350, 351]);
}

/** `aten::sub_.Scalar(Tensor(a!) self, Scalar other, Scalar alpha=1) -> Tensor(a!)` */
export function sub_(self: Tensor, other: Scalar, options?: { alpha?: Scalar }): Tensor;
/** `aten::sub_.Tensor(Tensor(a!) self, Tensor other, *, Scalar alpha=1) -> Tensor(a!)` */
export function sub_(self: Tensor, other: Tensor, options?: { alpha?: Scalar }): Tensor;
export function sub_(a?: unknown, b?: unknown, c?: unknown): unknown {
  if ($.isTensor(a) && $.isScalar(b) && $.fits(352, c)) {
    if (c === undefined) {
      $.call($.id(352), $.slot(352, a), b);
      return a as Tensor;
    }
    const o: { alpha?: unknown } = $.given(c);
    $.call($.id(352), $.slot(352, a), b, o.alpha);
    return a as Tensor;
  }
  if ($.isTensor(a) && $.isTensor(b) && $.fits(353, c)) {
    if (c === undefined) {
      $.call($.id(353), $.slot(353, a), $.slot(353, b));
      return a as Tensor;
    }
    const o: { alpha?: unknown } = $.given(c);
    $.call($.id(353), $.slot(353, a), $.slot(353, b), o.alpha);
    return a as Tensor;
  }
  throw $.noForm('sub_', [a, b, c], [352, 353]);
}

/** `aten::sum(Tensor self, *, ScalarType? dtype=None) -> Tensor` */
export function sum(self: Tensor, options?: { dtype?: DType | null }): Tensor;
/** `aten::sum.dim_IntList(Tensor self, int[1]? dim, bool keepdim=False, *, ScalarType? dtype=None) -> Tensor` */
export function sum(self: Tensor, dim: Sizes | null, options?: { keepdim?: boolean; dtype?: DType | null }): Tensor;
export function sum(a?: unknown, b?: unknown, c?: unknown): unknown {
  if ($.isTensor(a) && $.fits(354, b)) {
    if (b === undefined) {
      return $.made(354, $.call($.id(354), $.slot(354, a)));
    }
    const o: { dtype?: unknown } = $.given(b);
    return $.made(354, $.call($.id(354), $.slot(354, a), o.dtype));
  }
  if ($.isTensor(a) && (b === null || ($.isNumbers(b) || $.isNumber(b))) && $.fits(355, c)) {
    if (c === undefined) {
      return $.made(355, $.call($.id(355), $.slot(355, a), b));
    }
    const o: { keepdim?: unknown; dtype?: unknown } = $.given(c);
    return $.made(355, $.call($.id(355), $.slot(355, a), b, o.keepdim, o.dtype));
  }
  throw $.noForm('sum', [a, b, c], [354, 355]);
}

/** `aten::t(Tensor(a) self) -> Tensor(a)` */
export function t(self: Tensor): Tensor {
  return $.made(356, $.call($.id(356), $.slot(356, self)));
}

/** `aten::take_along_dim(Tensor self, Tensor indices, int? dim=None) -> Tensor` */
export function takeAlongDim(self: Tensor, indices: Tensor, options?: { dim?: number | null }): Tensor {
  if (options === undefined) {
    return $.made(357, $.call($.id(357), $.slot(357, self), $.slot(357, indices)));
  }
  const o: { dim?: unknown } = $.checked(357, options, self);
  return $.made(357, $.call($.id(357), $.slot(357, self), $.slot(357, indices), o.dim));
}

/** `tandem::affine(Tensor input, Tensor weight, Tensor? bias=None) -> Tensor` */
export function affine(input: Tensor, weight: Tensor, options?: { bias?: Tensor | null }): Tensor {
  if (options === undefined) {
    return $.made(358, $.call($.id(358), $.slot(358, input), $.slot(358, weight)));
  }
  const o: { bias?: unknown } = $.checked(358, options, input);
  return $.made(358, $.call($.id(358), $.slot(358, input), $.slot(358, weight), $.optionalSlot(358, o.bias)));
}

/** `tandem::attention(Tensor q, Tensor k, Tensor v) -> Tensor` */
export function attention(q: Tensor, k: Tensor, v: Tensor): Tensor {
  return $.made(359, $.call($.id(359), $.slot(359, q), $.slot(359, k), $.slot(359, v)));
}

/** `tandem::batch_norm_relu(Tensor input, Tensor scale, Tensor shift, Tensor running_mean, Tensor running_var, Tensor? carried, bool relu, float momentum, float eps) -> Tensor` */
export function batchNormRelu(input: Tensor, scale: Tensor, shift: Tensor, runningMean: Tensor, runningVar: Tensor, carried: Tensor | null, relu: boolean, momentum: number, eps: number): Tensor {
  return $.made(360, $.call($.id(360), $.slot(360, input), $.slot(360, scale), $.slot(360, shift), $.slot(360, runningMean), $.slot(360, runningVar), $.optionalSlot(360, carried), relu, momentum, eps));
}

/** `tandem::conv2d_pack(Tensor weight, bool winograd) -> Tensor` */
export function conv2dPack(weight: Tensor, winograd: boolean): Tensor {
  return $.made(361, $.call($.id(361), $.slot(361, weight), winograd));
}

/** `tandem::conv2d_packed(Tensor input, Tensor kernels, Tensor bias, int stride=1, int padding=0, bool relu=False, Tensor? carried=None) -> Tensor` */
export function conv2dPacked(input: Tensor, kernels: Tensor, bias: Tensor, options?: { stride?: number; padding?: number; relu?: boolean; carried?: Tensor | null }): Tensor {
  if (options === undefined) {
    return $.made(362, $.call($.id(362), $.slot(362, input), $.slot(362, kernels), $.slot(362, bias)));
  }
  const o: { stride?: unknown; padding?: unknown; relu?: unknown; carried?: unknown } = $.checked(362, options, input);
  return $.made(362, $.call($.id(362), $.slot(362, input), $.slot(362, kernels), $.slot(362, bias), o.stride, o.padding, o.relu, $.optionalSlot(362, o.carried)));
}

/** `tandem::conv2d_recomputing(Tensor input, Tensor weight, Tensor? bias=None, int[2] stride=1, int[2] padding=0, int[2] dilation=1, int groups=1) -> Tensor` */
export function conv2dRecomputing(input: Tensor, weight: Tensor, options?: { bias?: Tensor | null; stride?: Sizes; padding?: Sizes; dilation?: Sizes; groups?: number }): Tensor {
  if (options === undefined) {
    return $.made(363, $.call($.id(363), $.slot(363, input), $.slot(363, weight)));
  }
  const o: { bias?: unknown; stride?: unknown; padding?: unknown; dilation?: unknown; groups?: unknown } = $.checked(363, options, input);
  return $.made(363, $.call($.id(363), $.slot(363, input), $.slot(363, weight), $.optionalSlot(363, o.bias), o.stride, o.padding, o.dilation, o.groups));
}

/** `tandem::conv2d_winograd(Tensor input, Tensor weight) -> Tensor` */
export function conv2dWinograd(input: Tensor, weight: Tensor): Tensor {
  return $.made(364, $.call($.id(364), $.slot(364, input), $.slot(364, weight)));
}

/** `tandem::conv2d_winograd_after_norm(Tensor input, Tensor scale, Tensor shift, Tensor running_mean, Tensor running_var, Tensor weight, float momentum, float eps) -> Tensor` */
export function conv2dWinogradAfterNorm(input: Tensor, scale: Tensor, shift: Tensor, runningMean: Tensor, runningVar: Tensor, weight: Tensor, momentum: number, eps: number): Tensor {
  return $.made(365, $.call($.id(365), $.slot(365, input), $.slot(365, scale), $.slot(365, shift), $.slot(365, runningMean), $.slot(365, runningVar), $.slot(365, weight), momentum, eps));
}

/** `tandem::exact_gelu(Tensor input) -> Tensor` */
export function exactGelu(input: Tensor): Tensor {
  return $.made(366, $.call($.id(366), $.slot(366, input)));
}

/** `tandem::jitter_(Tensor(a!) self, Tensor order, Tensor amounts) -> Tensor(a!)` */
export function jitter_(self: Tensor, order: Tensor, amounts: Tensor): Tensor {
  $.call($.id(367), $.slot(367, self), $.slot(367, order), $.slot(367, amounts));
  return self as Tensor;
}

/** `tandem::render_views(Tensor self, Tensor rows, Tensor row_weights, Tensor columns, Tensor column_weights, float divisor, Tensor order, Tensor amounts, Tensor gray, Tensor blur_each, Tensor blur, Tensor blur_weights, Tensor solarize, float[] mean, float[] slope) -> Tensor` */
export function renderViews(self: Tensor, rows: Tensor, rowWeights: Tensor, columns: Tensor, columnWeights: Tensor, divisor: number, order: Tensor, amounts: Tensor, gray: Tensor, blurEach: Tensor, blur: Tensor, blurWeights: Tensor, solarize: Tensor, mean: readonly number[], slope: readonly number[]): Tensor {
  return $.made(368, $.call($.id(368), $.slot(368, self), $.slot(368, rows), $.slot(368, rowWeights), $.slot(368, columns), $.slot(368, columnWeights), divisor, $.slot(368, order), $.slot(368, amounts), $.slot(368, gray), $.slot(368, blurEach), $.slot(368, blur), $.slot(368, blurWeights), $.slot(368, solarize), mean, slope));
}

/** `tandem::resample_lines(Tensor self, Tensor first, Tensor weights) -> Tensor` */
export function resampleLines(self: Tensor, first: Tensor, weights: Tensor): Tensor {
  return $.made(369, $.call($.id(369), $.slot(369, self), $.slot(369, first), $.slot(369, weights)));
}

/** `tandem::self_attention(Tensor qkv, int heads) -> Tensor` */
export function selfAttention(qkv: Tensor, heads: number): Tensor {
  return $.made(370, $.call($.id(370), $.slot(370, qkv), heads));
}

/** `aten::tanh(Tensor self) -> Tensor` */
export function tanh(self: Tensor): Tensor {
  return $.made(371, $.call($.id(371), $.slot(371, self)));
}

/** `aten::topk(Tensor self, int k, int dim=-1, bool largest=True, bool sorted=True) -> (Tensor values, Tensor indices)` */
export function topk(self: Tensor, k: number, options?: { dim?: number; largest?: boolean; sorted?: boolean }): [values: Tensor, indices: Tensor] {
  if (options === undefined) {
    return $.madeAll(372, $.call($.id(372), $.slot(372, self), k)) as [values: Tensor, indices: Tensor];
  }
  const o: { dim?: unknown; largest?: unknown; sorted?: unknown } = $.checked(372, options, self);
  return $.madeAll(372, $.call($.id(372), $.slot(372, self), k, o.dim, o.largest, o.sorted)) as [values: Tensor, indices: Tensor];
}

/** `aten::trace(Tensor self) -> Tensor` */
export function trace(self: Tensor): Tensor {
  return $.made(373, $.call($.id(373), $.slot(373, self)));
}

/** `aten::transpose.int(Tensor(a) self, int dim0, int dim1) -> Tensor(a)` */
export function transpose(self: Tensor, dim0: number, dim1: number): Tensor {
  return $.made(374, $.call($.id(374), $.slot(374, self), dim0, dim1));
}

/** `aten::tril(Tensor self, int diagonal=0) -> Tensor` */
export function tril(self: Tensor, options?: { diagonal?: number }): Tensor {
  if (options === undefined) {
    return $.made(375, $.call($.id(375), $.slot(375, self)));
  }
  const o: { diagonal?: unknown } = $.checked(375, options, self);
  return $.made(375, $.call($.id(375), $.slot(375, self), o.diagonal));
}

/** `aten::triu(Tensor self, int diagonal=0) -> Tensor` */
export function triu(self: Tensor, options?: { diagonal?: number }): Tensor {
  if (options === undefined) {
    return $.made(376, $.call($.id(376), $.slot(376, self)));
  }
  const o: { diagonal?: unknown } = $.checked(376, options, self);
  return $.made(376, $.call($.id(376), $.slot(376, self), o.diagonal));
}

/** `aten::unbind.int(Tensor(a -> *) self, int dim=0) -> Tensor(a)[]` */
export function unbind(self: Tensor, options?: { dim?: number }): Tensor[] {
  if (options === undefined) {
    return $.madeAll(377, $.call($.id(377), $.slot(377, self))) as Tensor[];
  }
  const o: { dim?: unknown } = $.checked(377, options, self);
  return $.madeAll(377, $.call($.id(377), $.slot(377, self), o.dim)) as Tensor[];
}

/** `aten::unflatten.int(Tensor(a) self, int dim, int[] sizes) -> Tensor(a)` */
export function unflatten(self: Tensor, dim: number, sizes: readonly number[]): Tensor {
  return $.made(378, $.call($.id(378), $.slot(378, self), dim, sizes));
}

/** `aten::unfold(Tensor(a) self, int dimension, int size, int step) -> Tensor(a)` */
export function unfold(self: Tensor, dimension: number, size: number, step: number): Tensor {
  return $.made(379, $.call($.id(379), $.slot(379, self), dimension, size, step));
}

/** `aten::uniform_(Tensor(a!) self, float from=0., float to=1., *, Generator? generator=None) -> Tensor(a!)` */
export function uniform_(self: Tensor, options?: { from?: number; to?: number }): Tensor {
  if (options === undefined) {
    $.call($.id(380), $.slot(380, self));
    return self as Tensor;
  }
  const o: { from?: unknown; to?: unknown } = $.checked(380, options, self);
  $.call($.id(380), $.slot(380, self), o.from, o.to);
  return self as Tensor;
}

/** `aten::unique_consecutive(Tensor self, bool return_inverse=False, bool return_counts=False, int? dim=None) -> (Tensor, Tensor, Tensor)` */
export function uniqueConsecutive(self: Tensor, options?: { returnInverse?: boolean; returnCounts?: boolean; dim?: number | null }): [result0: Tensor, result1: Tensor, result2: Tensor] {
  if (options === undefined) {
    return $.madeAll(381, $.call($.id(381), $.slot(381, self))) as [result0: Tensor, result1: Tensor, result2: Tensor];
  }
  const o: { returnInverse?: unknown; returnCounts?: unknown; dim?: unknown } = $.checked(381, options, self);
  return $.madeAll(381, $.call($.id(381), $.slot(381, self), o.returnInverse, o.returnCounts, o.dim)) as [result0: Tensor, result1: Tensor, result2: Tensor];
}

/** `aten::unsqueeze(Tensor(a) self, int dim) -> Tensor(a)` */
export function unsqueeze(self: Tensor, dim: number): Tensor {
  return $.made(382, $.call($.id(382), $.slot(382, self), dim));
}

/** `aten::upsample_bicubic2d(Tensor self, SymInt[2] output_size, bool align_corners, float? scales_h=None, float? scales_w=None) -> Tensor` */
export function upsampleBicubic2d(self: Tensor, outputSize: Sizes, alignCorners: boolean, options?: { scalesH?: number | null; scalesW?: number | null }): Tensor;
/** `aten::upsample_bicubic2d.vec(Tensor input, SymInt[]? output_size, bool align_corners, float[]? scale_factors) -> Tensor` */
export function upsampleBicubic2d(input: Tensor, outputSize: readonly number[] | null, alignCorners: boolean, scaleFactors: readonly number[] | null): Tensor;
export function upsampleBicubic2d(a?: unknown, b?: unknown, c?: unknown, d?: unknown, e?: unknown): unknown {
  if ($.isTensor(a) && ($.isNumbers(b) || $.isNumber(b)) && $.isBoolean(c) && $.fits(383, d)) {
    if (d === undefined) {
      return $.made(383, $.call($.id(383), $.slot(383, a), b, c));
    }
    const o: { scalesH?: unknown; scalesW?: unknown } = $.given(d);
    return $.made(383, $.call($.id(383), $.slot(383, a), b, c, o.scalesH, o.scalesW));
  }
  if ($.isTensor(a) && (b === null || $.isNumbers(b)) && $.isBoolean(c) && (d === null || $.isNumbers(d)) && $.fits(384, e)) {
    return $.made(384, $.call($.id(384), $.slot(384, a), b, c, d));
  }
  throw $.noForm('upsampleBicubic2d', [a, b, c, d, e], [383, 384]);
}

/** `aten::upsample_bilinear2d(Tensor self, SymInt[2] output_size, bool align_corners, float? scales_h=None, float? scales_w=None) -> Tensor` */
export function upsampleBilinear2d(self: Tensor, outputSize: Sizes, alignCorners: boolean, options?: { scalesH?: number | null; scalesW?: number | null }): Tensor;
/** `aten::upsample_bilinear2d.vec(Tensor input, SymInt[]? output_size, bool align_corners, float[]? scale_factors) -> Tensor` */
export function upsampleBilinear2d(input: Tensor, outputSize: readonly number[] | null, alignCorners: boolean, scaleFactors: readonly number[] | null): Tensor;
export function upsampleBilinear2d(a?: unknown, b?: unknown, c?: unknown, d?: unknown, e?: unknown): unknown {
  if ($.isTensor(a) && ($.isNumbers(b) || $.isNumber(b)) && $.isBoolean(c) && $.fits(385, d)) {
    if (d === undefined) {
      return $.made(385, $.call($.id(385), $.slot(385, a), b, c));
    }
    const o: { scalesH?: unknown; scalesW?: unknown } = $.given(d);
    return $.made(385, $.call($.id(385), $.slot(385, a), b, c, o.scalesH, o.scalesW));
  }
  if ($.isTensor(a) && (b === null || $.isNumbers(b)) && $.isBoolean(c) && (d === null || $.isNumbers(d)) && $.fits(386, e)) {
    return $.made(386, $.call($.id(386), $.slot(386, a), b, c, d));
  }
  throw $.noForm('upsampleBilinear2d', [a, b, c, d, e], [385, 386]);
}

/** `aten::upsample_nearest2d(Tensor self, SymInt[2] output_size, float? scales_h=None, float? scales_w=None) -> Tensor` */
export function upsampleNearest2d(self: Tensor, outputSize: Sizes, options?: { scalesH?: number | null; scalesW?: number | null }): Tensor;
/** `aten::upsample_nearest2d.vec(Tensor input, SymInt[]? output_size, float[]? scale_factors) -> Tensor` */
export function upsampleNearest2d(input: Tensor, outputSize: readonly number[] | null, scaleFactors: readonly number[] | null): Tensor;
export function upsampleNearest2d(a?: unknown, b?: unknown, c?: unknown, d?: unknown): unknown {
  if ($.isTensor(a) && ($.isNumbers(b) || $.isNumber(b)) && $.fits(387, c)) {
    if (c === undefined) {
      return $.made(387, $.call($.id(387), $.slot(387, a), b));
    }
    const o: { scalesH?: unknown; scalesW?: unknown } = $.given(c);
    return $.made(387, $.call($.id(387), $.slot(387, a), b, o.scalesH, o.scalesW));
  }
  if ($.isTensor(a) && (b === null || $.isNumbers(b)) && (c === null || $.isNumbers(c)) && $.fits(388, d)) {
    return $.made(388, $.call($.id(388), $.slot(388, a), b, c));
  }
  throw $.noForm('upsampleNearest2d', [a, b, c, d], [387, 388]);
}

/** `aten::var.correction(Tensor self, int[1]? dim, *, int? correction, bool keepdim=False) -> Tensor` */
export function var$(self: Tensor, dim: Sizes | null, options: { correction: number | null; keepdim?: boolean }): Tensor;
/** `aten::var(Tensor self, bool unbiased=True) -> Tensor` */
export function var$(self: Tensor, options?: { unbiased?: boolean }): Tensor;
/** `aten::var.dim(Tensor self, int[1]? dim, bool unbiased=True, bool keepdim=False) -> Tensor` */
export function var$(self: Tensor, dim: Sizes | null, options?: { unbiased?: boolean; keepdim?: boolean }): Tensor;
export function var$(a?: unknown, b?: unknown, c?: unknown): unknown {
  if ($.isTensor(a) && (b === null || ($.isNumbers(b) || $.isNumber(b))) && $.has(c, 'correction') && $.fits(389, c)) {
    const o: { correction?: unknown; keepdim?: unknown } = $.given(c);
    return $.made(389, $.call($.id(389), $.slot(389, a), b, o.correction, o.keepdim));
  }
  if ($.isTensor(a) && $.fits(390, b)) {
    if (b === undefined) {
      return $.made(390, $.call($.id(390), $.slot(390, a)));
    }
    const o: { unbiased?: unknown } = $.given(b);
    return $.made(390, $.call($.id(390), $.slot(390, a), o.unbiased));
  }
  if ($.isTensor(a) && (b === null || ($.isNumbers(b) || $.isNumber(b))) && $.fits(391, c)) {
    if (c === undefined) {
      return $.made(391, $.call($.id(391), $.slot(391, a), b));
    }
    const o: { unbiased?: unknown; keepdim?: unknown } = $.given(c);
    return $.made(391, $.call($.id(391), $.slot(391, a), b, o.unbiased, o.keepdim));
  }
  throw $.noForm('var', [a, b, c], [389, 390, 391]);
}
export { var$ as var };

/** `aten::var_mean.correction(Tensor self, int[1]? dim, *, int? correction, bool keepdim=False) -> (Tensor, Tensor)` */
export function varMean(self: Tensor, dim: Sizes | null, options: { correction: number | null; keepdim?: boolean }): [result0: Tensor, result1: Tensor];
/** `aten::var_mean(Tensor self, bool unbiased=True) -> (Tensor, Tensor)` */
export function varMean(self: Tensor, options?: { unbiased?: boolean }): [result0: Tensor, result1: Tensor];
/** `aten::var_mean.dim(Tensor self, int[1]? dim, bool unbiased=True, bool keepdim=False) -> (Tensor, Tensor)` */
export function varMean(self: Tensor, dim: Sizes | null, options?: { unbiased?: boolean; keepdim?: boolean }): [result0: Tensor, result1: Tensor];
export function varMean(a?: unknown, b?: unknown, c?: unknown): unknown {
  if ($.isTensor(a) && (b === null || ($.isNumbers(b) || $.isNumber(b))) && $.has(c, 'correction') && $.fits(392, c)) {
    const o: { correction?: unknown; keepdim?: unknown } = $.given(c);
    return $.madeAll(392, $.call($.id(392), $.slot(392, a), b, o.correction, o.keepdim)) as [result0: Tensor, result1: Tensor];
  }
  if ($.isTensor(a) && $.fits(393, b)) {
    if (b === undefined) {
      return $.madeAll(393, $.call($.id(393), $.slot(393, a))) as [result0: Tensor, result1: Tensor];
    }
    const o: { unbiased?: unknown } = $.given(b);
    return $.madeAll(393, $.call($.id(393), $.slot(393, a), o.unbiased)) as [result0: Tensor, result1: Tensor];
  }
  if ($.isTensor(a) && (b === null || ($.isNumbers(b) || $.isNumber(b))) && $.fits(394, c)) {
    if (c === undefined) {
      return $.madeAll(394, $.call($.id(394), $.slot(394, a), b)) as [result0: Tensor, result1: Tensor];
    }
    const o: { unbiased?: unknown; keepdim?: unknown } = $.given(c);
    return $.madeAll(394, $.call($.id(394), $.slot(394, a), b, o.unbiased, o.keepdim)) as [result0: Tensor, result1: Tensor];
  }
  throw $.noForm('varMean', [a, b, c], [392, 393, 394]);
}

/** `aten::view(Tensor(a) self, SymInt[] size) -> Tensor(a)` */
export function view(self: Tensor, size: readonly number[]): Tensor;
/** `aten::view.dtype(Tensor(a) self, ScalarType dtype) -> Tensor(a)` */
export function view(self: Tensor, dtype: DType): Tensor;
export function view(a?: unknown, b?: unknown, c?: unknown): unknown {
  if ($.isTensor(a) && $.isNumbers(b) && $.fits(395, c)) {
    return $.made(395, $.call($.id(395), $.slot(395, a), b));
  }
  if ($.isTensor(a) && $.isString(b) && $.fits(396, c)) {
    return $.made(396, $.call($.id(396), $.slot(396, a), b));
  }
  throw $.noForm('view', [a, b, c], [395, 396]);
}

/** `aten::where(Tensor condition) -> Tensor[]` */
export function where(condition: Tensor): Tensor[];
/** `aten::where.Scalar(Tensor condition, Scalar self, Scalar other) -> Tensor` */
export function where(condition: Tensor, self: Scalar, other: Scalar): Tensor;
/** `aten::where.ScalarOther(Tensor condition, Tensor self, Scalar other) -> Tensor` */
export function where(condition: Tensor, self: Tensor, other: Scalar): Tensor;
/** `aten::where.ScalarSelf(Tensor condition, Scalar self, Tensor other) -> Tensor` */
export function where(condition: Tensor, self: Scalar, other: Tensor): Tensor;
/** `aten::where.self(Tensor condition, Tensor self, Tensor other) -> Tensor` */
export function where(condition: Tensor, self: Tensor, other: Tensor): Tensor;
export function where(a?: unknown, b?: unknown, c?: unknown, d?: unknown): unknown {
  if ($.isTensor(a) && $.fits(397, b)) {
    return $.madeAll(397, $.call($.id(397), $.slot(397, a))) as Tensor[];
  }
  if ($.isTensor(a) && $.isScalar(b) && $.isScalar(c) && $.fits(398, d)) {
    return $.made(398, $.call($.id(398), $.slot(398, a), b, c));
  }
  if ($.isTensor(a) && $.isTensor(b) && $.isScalar(c) && $.fits(399, d)) {
    return $.made(399, $.call($.id(399), $.slot(399, a), $.slot(399, b), c));
  }
  if ($.isTensor(a) && $.isScalar(b) && $.isTensor(c) && $.fits(400, d)) {
    return $.made(400, $.call($.id(400), $.slot(400, a), b, $.slot(400, c)));
  }
  if ($.isTensor(a) && $.isTensor(b) && $.isTensor(c) && $.fits(401, d)) {
    return $.made(401, $.call($.id(401), $.slot(401, a), $.slot(401, b), $.slot(401, c)));
  }
  throw $.noForm('where', [a, b, c, d], [397, 398, 399, 400, 401]);
}

/** `aten::zero_(Tensor(a!) self) -> Tensor(a!)` */
export function zero_(self: Tensor): Tensor {
  $.call($.id(402), $.slot(402, self));
  return self as Tensor;
}

/** `aten::zeros(SymInt[] size, *, ScalarType? dtype=None, Layout? layout=None, Device? device=None, bool? pin_memory=None) -> Tensor` */
export function zeros(size: readonly number[], options?: { dtype?: DType | null; device?: Device | null }): Tensor {
  if (options === undefined) {
    return $.made(403, $.call($.id(403), size));
  }
  const o: { dtype?: unknown; device?: unknown } = $.checked(403, options, size);
  return $.made(403, $.call($.id(403), size, o.dtype, undefined, o.device));
}

/** `aten::zeros_like(Tensor self, *, ScalarType? dtype=None, Layout? layout=None, Device? device=None, bool? pin_memory=None, MemoryFormat? memory_format=None) -> Tensor` */
export function zerosLike(self: Tensor, options?: { dtype?: DType | null; device?: Device | null; memoryFormat?: MemoryFormat | null }): Tensor {
  if (options === undefined) {
    return $.made(404, $.call($.id(404), $.slot(404, self)));
  }
  const o: { dtype?: unknown; device?: unknown; memoryFormat?: unknown } = $.checked(404, options, self);
  return $.made(404, $.call($.id(404), $.slot(404, self), o.dtype, undefined, o.device, undefined, o.memoryFormat));
}

declare module './tensor.js' {
  interface Tensor {
    /** `aten::_amp_update_scale_(Tensor(a!) self, Tensor(b!) growth_tracker, Tensor found_inf, float scale_growth_factor, float scale_backoff_factor, int growth_interval) -> Tensor(a!)` */
    _ampUpdateScale_(growthTracker: Tensor, foundInf: Tensor, scaleGrowthFactor: number, scaleBackoffFactor: number, growthInterval: number): Tensor;
    /** `aten::_upsample_bicubic2d_aa(Tensor self, SymInt[2] output_size, bool align_corners, float? scales_h=None, float? scales_w=None) -> Tensor` */
    _upsampleBicubic2dAa(outputSize: Sizes, alignCorners: boolean, options?: { scalesH?: number | null; scalesW?: number | null }): Tensor;
    /** `aten::_upsample_bilinear2d_aa(Tensor self, SymInt[2] output_size, bool align_corners, float? scales_h=None, float? scales_w=None) -> Tensor` */
    _upsampleBilinear2dAa(outputSize: Sizes, alignCorners: boolean, options?: { scalesH?: number | null; scalesW?: number | null }): Tensor;
    /** `aten::abs(Tensor self) -> Tensor` */
    abs(): Tensor;
    /** `aten::abs_(Tensor(a!) self) -> Tensor(a!)` */
    abs_(): Tensor;
    /** `aten::adaptive_avg_pool2d(Tensor self, SymInt[2] output_size) -> Tensor` */
    adaptiveAvgPool2d(outputSize: Sizes): Tensor;
    /** `aten::adaptive_max_pool2d(Tensor self, int[2] output_size) -> (Tensor, Tensor)` */
    adaptiveMaxPool2d(outputSize: Sizes): [result0: Tensor, result1: Tensor];
    /** `aten::add.Scalar(Tensor self, Scalar other, Scalar alpha=1) -> Tensor` */
    add(other: Scalar, options?: { alpha?: Scalar }): Tensor;
    /** `aten::add.Tensor(Tensor self, Tensor other, *, Scalar alpha=1) -> Tensor` */
    add(other: Tensor, options?: { alpha?: Scalar }): Tensor;
    /** `aten::add_.Scalar(Tensor(a!) self, Scalar other, Scalar alpha=1) -> Tensor(a!)` */
    add_(other: Scalar, options?: { alpha?: Scalar }): Tensor;
    /** `aten::add_.Tensor(Tensor(a!) self, Tensor other, *, Scalar alpha=1) -> Tensor(a!)` */
    add_(other: Tensor, options?: { alpha?: Scalar }): Tensor;
    /** `aten::addcdiv(Tensor self, Tensor tensor1, Tensor tensor2, *, Scalar value=1) -> Tensor` */
    addcdiv(tensor1: Tensor, tensor2: Tensor, options?: { value?: Scalar }): Tensor;
    /** `aten::addcdiv_(Tensor(a!) self, Tensor tensor1, Tensor tensor2, *, Scalar value=1) -> Tensor(a!)` */
    addcdiv_(tensor1: Tensor, tensor2: Tensor, options?: { value?: Scalar }): Tensor;
    /** `aten::addcmul(Tensor self, Tensor tensor1, Tensor tensor2, *, Scalar value=1) -> Tensor` */
    addcmul(tensor1: Tensor, tensor2: Tensor, options?: { value?: Scalar }): Tensor;
    /** `aten::addcmul_(Tensor(a!) self, Tensor tensor1, Tensor tensor2, *, Scalar value=1) -> Tensor(a!)` */
    addcmul_(tensor1: Tensor, tensor2: Tensor, options?: { value?: Scalar }): Tensor;
    /** `aten::addmm(Tensor self, Tensor mat1, Tensor mat2, *, Scalar beta=1, Scalar alpha=1) -> Tensor` */
    addmm(mat1: Tensor, mat2: Tensor, options?: { beta?: Scalar; alpha?: Scalar }): Tensor;
    /** `aten::addmm_(Tensor(a!) self, Tensor mat1, Tensor mat2, *, Scalar beta=1, Scalar alpha=1) -> Tensor(a!)` */
    addmm_(mat1: Tensor, mat2: Tensor, options?: { beta?: Scalar; alpha?: Scalar }): Tensor;
    /** `aten::all(Tensor self) -> Tensor` */
    all(): Tensor;
    /** `aten::all.dim(Tensor self, int dim, bool keepdim=False) -> Tensor` */
    all(dim: number, options?: { keepdim?: boolean }): Tensor;
    /** `aten::allclose(Tensor self, Tensor other, float rtol=1.0000000000000001e-05, float atol=1e-08, bool equal_nan=False) -> bool` */
    allclose(other: Tensor, options?: { rtol?: number; atol?: number; equalNan?: boolean }): boolean;
    /** `aten::amax(Tensor self, int[1] dim=[], bool keepdim=False) -> Tensor` */
    amax(options?: { dim?: Sizes; keepdim?: boolean }): Tensor;
    /** `aten::amin(Tensor self, int[1] dim=[], bool keepdim=False) -> Tensor` */
    amin(options?: { dim?: Sizes; keepdim?: boolean }): Tensor;
    /** `aten::aminmax(Tensor self, *, int? dim=None, bool keepdim=False) -> (Tensor min, Tensor max)` */
    aminmax(options?: { dim?: number | null; keepdim?: boolean }): [min: Tensor, max: Tensor];
    /** `aten::any(Tensor self) -> Tensor` */
    any(): Tensor;
    /** `aten::any.dim(Tensor self, int dim, bool keepdim=False) -> Tensor` */
    any(dim: number, options?: { keepdim?: boolean }): Tensor;
    /** `aten::argmax(Tensor self, int? dim=None, bool keepdim=False) -> Tensor` */
    argmax(options?: { dim?: number | null; keepdim?: boolean }): Tensor;
    /** `aten::argmin(Tensor self, int? dim=None, bool keepdim=False) -> Tensor` */
    argmin(options?: { dim?: number | null; keepdim?: boolean }): Tensor;
    /** `aten::argsort.stable(Tensor self, *, bool stable, int dim=-1, bool descending=False) -> Tensor` */
    argsort(options: { stable: boolean; dim?: number; descending?: boolean }): Tensor;
    /** `aten::argsort(Tensor self, int dim=-1, bool descending=False) -> Tensor` */
    argsort(options?: { dim?: number; descending?: boolean }): Tensor;
    /** `aten::atan2(Tensor self, Tensor other) -> Tensor` */
    atan2(other: Tensor): Tensor;
    /** `aten::avg_pool2d(Tensor self, int[2] kernel_size, int[2] stride=[], int[2] padding=0, bool ceil_mode=False, bool count_include_pad=True, int? divisor_override=None) -> Tensor` */
    avgPool2d(kernelSize: Sizes, options?: { stride?: Sizes; padding?: Sizes; ceilMode?: boolean; countIncludePad?: boolean; divisorOverride?: number | null }): Tensor;
    /** `aten::baddbmm(Tensor self, Tensor batch1, Tensor batch2, *, Scalar beta=1, Scalar alpha=1) -> Tensor` */
    baddbmm(batch1: Tensor, batch2: Tensor, options?: { beta?: Scalar; alpha?: Scalar }): Tensor;
    /** `aten::bernoulli(Tensor self, *, Generator? generator=None) -> Tensor` */
    bernoulli(): Tensor;
    /** `aten::bernoulli.Tensor(Tensor self, Tensor p, *, Generator? generator=None) -> Tensor` */
    bernoulli(p: Tensor): Tensor;
    /** `aten::bernoulli.p(Tensor self, float p, *, Generator? generator=None) -> Tensor` */
    bernoulli(p: number): Tensor;
    /** `aten::bernoulli_.Tensor(Tensor(a!) self, Tensor p, *, Generator? generator=None) -> Tensor(a!)` */
    bernoulli_(p: Tensor): Tensor;
    /** `aten::bernoulli_.float(Tensor(a!) self, float p=0.5, *, Generator? generator=None) -> Tensor(a!)` */
    bernoulli_(options?: { p?: number }): Tensor;
    /** `aten::binary_cross_entropy(Tensor self, Tensor target, Tensor? weight=None, int reduction=1) -> Tensor` */
    binaryCrossEntropy(target: Tensor, options?: { weight?: Tensor | null; reduction?: number }): Tensor;
    /** `aten::binary_cross_entropy_with_logits(Tensor self, Tensor target, Tensor? weight=None, Tensor? pos_weight=None, int reduction=1) -> Tensor` */
    binaryCrossEntropyWithLogits(target: Tensor, options?: { weight?: Tensor | null; posWeight?: Tensor | null; reduction?: number }): Tensor;
    /** `aten::bincount(Tensor self, Tensor? weights=None, int minlength=0) -> Tensor` */
    bincount(options?: { weights?: Tensor | null; minlength?: number }): Tensor;
    /** `aten::bmm(Tensor self, Tensor mat2) -> Tensor` */
    bmm(mat2: Tensor): Tensor;
    /** `aten::broadcast_to(Tensor(a) self, int[] size) -> Tensor(a)` */
    broadcastTo(size: readonly number[]): Tensor;
    /** `aten::ceil(Tensor self) -> Tensor` */
    ceil(): Tensor;
    /** `aten::chunk(Tensor(a -> *) self, int chunks, int dim=0) -> Tensor(a)[]` */
    chunk(chunks: number, options?: { dim?: number }): Tensor[];
    /** `aten::clamp(Tensor self, Scalar? min=None, Scalar? max=None) -> Tensor` */
    clamp(options?: { min?: Scalar | null; max?: Scalar | null }): Tensor;
    /** `aten::clamp_(Tensor(a!) self, Scalar? min=None, Scalar? max=None) -> Tensor(a!)` */
    clamp_(options?: { min?: Scalar | null; max?: Scalar | null }): Tensor;
    /** `aten::clamp_max(Tensor self, Scalar max) -> Tensor` */
    clampMax(max: Scalar): Tensor;
    /** `aten::clamp_max.Tensor(Tensor self, Tensor max) -> Tensor` */
    clampMax(max: Tensor): Tensor;
    /** `aten::clamp_min(Tensor self, Scalar min) -> Tensor` */
    clampMin(min: Scalar): Tensor;
    /** `aten::clamp_min.Tensor(Tensor self, Tensor min) -> Tensor` */
    clampMin(min: Tensor): Tensor;
    /** `aten::clone(Tensor self, *, MemoryFormat? memory_format=None) -> Tensor` */
    clone(options?: { memoryFormat?: MemoryFormat | null }): Tensor;
    /** `aten::col2im(Tensor self, SymInt[2] output_size, int[2] kernel_size, int[2] dilation, int[2] padding, int[2] stride) -> Tensor` */
    col2im(outputSize: Sizes, kernelSize: Sizes, dilation: Sizes, padding: Sizes, stride: Sizes): Tensor;
    /** `aten::constant_pad_nd(Tensor self, int[] pad, Scalar value=0) -> Tensor` */
    constantPadNd(pad: readonly number[], options?: { value?: Scalar }): Tensor;
    /** `aten::contiguous(Tensor(a) self, *, MemoryFormat memory_format=0) -> Tensor(a)` */
    contiguous(options?: { memoryFormat?: MemoryFormat }): Tensor;
    /** `aten::copy_(Tensor(a!) self, Tensor src, bool non_blocking=False) -> Tensor(a!)` */
    copy_(src: Tensor, options?: { nonBlocking?: boolean }): Tensor;
    /** `aten::copysign_.Scalar(Tensor(a!) self, Scalar other) -> Tensor(a!)` */
    copysign_(other: Scalar): Tensor;
    /** `aten::copysign_.Tensor(Tensor(a!) self, Tensor other) -> Tensor(a!)` */
    copysign_(other: Tensor): Tensor;
    /** `aten::cos(Tensor self) -> Tensor` */
    cos(): Tensor;
    /** `aten::count_nonzero(Tensor self, int? dim=None) -> Tensor` */
    countNonzero(options?: { dim?: number | null }): Tensor;
    /** `aten::count_nonzero.dim_IntList(Tensor self, int[] dim) -> Tensor` */
    countNonzero(dim: readonly number[]): Tensor;
    /** `aten::cov(Tensor self, *, int correction=1, Tensor? fweights=None, Tensor? aweights=None) -> Tensor` */
    cov(options?: { correction?: number; fweights?: Tensor | null; aweights?: Tensor | null }): Tensor;
    /** `aten::cross_entropy_loss(Tensor self, Tensor target, Tensor? weight=None, int reduction=1, int ignore_index=-100, float label_smoothing=0.) -> Tensor` */
    crossEntropyLoss(target: Tensor, options?: { weight?: Tensor | null; reduction?: number; ignoreIndex?: number; labelSmoothing?: number }): Tensor;
    /** `aten::cumprod(Tensor self, int dim, *, ScalarType? dtype=None) -> Tensor` */
    cumprod(dim: number, options?: { dtype?: DType | null }): Tensor;
    /** `aten::cumsum(Tensor self, int dim, *, ScalarType? dtype=None) -> Tensor` */
    cumsum(dim: number, options?: { dtype?: DType | null }): Tensor;
    /** `aten::detach(Tensor(a) self) -> Tensor(a)` */
    detach(): Tensor;
    /** `aten::diag(Tensor self, int diagonal=0) -> Tensor` */
    diag(options?: { diagonal?: number }): Tensor;
    /** `aten::diag_embed(Tensor self, int offset=0, int dim1=-2, int dim2=-1) -> Tensor` */
    diagEmbed(options?: { offset?: number; dim1?: number; dim2?: number }): Tensor;
    /** `aten::diagonal(Tensor(a) self, int offset=0, int dim1=0, int dim2=1) -> Tensor(a)` */
    diagonal(options?: { offset?: number; dim1?: number; dim2?: number }): Tensor;
    /** `aten::dist(Tensor self, Tensor other, Scalar p=2) -> Tensor` */
    dist(other: Tensor, options?: { p?: Scalar }): Tensor;
    /** `aten::div.Scalar_mode(Tensor self, Scalar other, *, str? rounding_mode) -> Tensor` */
    div(other: Scalar, options: { roundingMode: string | null }): Tensor;
    /** `aten::div.Tensor_mode(Tensor self, Tensor other, *, str? rounding_mode) -> Tensor` */
    div(other: Tensor, options: { roundingMode: string | null }): Tensor;
    /** `aten::div.Scalar(Tensor self, Scalar other) -> Tensor` */
    div(other: Scalar): Tensor;
    /** `aten::div.Tensor(Tensor self, Tensor other) -> Tensor` */
    div(other: Tensor): Tensor;
    /** `aten::div_.Scalar_mode(Tensor(a!) self, Scalar other, *, str? rounding_mode) -> Tensor(a!)` */
    div_(other: Scalar, options: { roundingMode: string | null }): Tensor;
    /** `aten::div_.Tensor_mode(Tensor(a!) self, Tensor other, *, str? rounding_mode) -> Tensor(a!)` */
    div_(other: Tensor, options: { roundingMode: string | null }): Tensor;
    /** `aten::div_.Scalar(Tensor(a!) self, Scalar other) -> Tensor(a!)` */
    div_(other: Scalar): Tensor;
    /** `aten::div_.Tensor(Tensor(a!) self, Tensor other) -> Tensor(a!)` */
    div_(other: Tensor): Tensor;
    /** `aten::dot(Tensor self, Tensor tensor) -> Tensor` */
    dot(tensor: Tensor): Tensor;
    /** `aten::elu(Tensor self, Scalar alpha=1, Scalar scale=1, Scalar input_scale=1) -> Tensor` */
    elu(options?: { alpha?: Scalar; scale?: Scalar; inputScale?: Scalar }): Tensor;
    /** `aten::empty_like(Tensor self, *, ScalarType? dtype=None, Layout? layout=None, Device? device=None, bool? pin_memory=None, MemoryFormat? memory_format=None) -> Tensor` */
    emptyLike(options?: { dtype?: DType | null; device?: Device | null; memoryFormat?: MemoryFormat | null }): Tensor;
    /** `aten::eq.Scalar(Tensor self, Scalar other) -> Tensor` */
    eq(other: Scalar): Tensor;
    /** `aten::eq.Tensor(Tensor self, Tensor other) -> Tensor` */
    eq(other: Tensor): Tensor;
    /** `aten::equal(Tensor self, Tensor other) -> bool` */
    equal(other: Tensor): boolean;
    /** `aten::erf(Tensor self) -> Tensor` */
    erf(): Tensor;
    /** `aten::erfinv(Tensor self) -> Tensor` */
    erfinv(): Tensor;
    /** `aten::exp(Tensor self) -> Tensor` */
    exp(): Tensor;
    /** `aten::exp_(Tensor(a!) self) -> Tensor(a!)` */
    exp_(): Tensor;
    /** `aten::expand(Tensor(a) self, SymInt[] size, *, bool implicit=False) -> Tensor(a)` */
    expand(size: readonly number[], options?: { implicit?: boolean }): Tensor;
    /** `aten::expm1(Tensor self) -> Tensor` */
    expm1(): Tensor;
    /** `aten::exponential_(Tensor(a!) self, float lambd=1., *, Generator? generator=None) -> Tensor(a!)` */
    exponential_(options?: { lambd?: number }): Tensor;
    /** `aten::fill_.Scalar(Tensor(a!) self, Scalar value) -> Tensor(a!)` */
    fill_(value: Scalar): Tensor;
    /** `aten::fill_.Tensor(Tensor(a!) self, Tensor value) -> Tensor(a!)` */
    fill_(value: Tensor): Tensor;
    /** `aten::fill_diagonal_(Tensor(a!) self, Scalar fill_value, bool wrap=False) -> Tensor(a!)` */
    fillDiagonal_(fillValue: Scalar, options?: { wrap?: boolean }): Tensor;
    /** `aten::flatten.named_out_dim(Tensor(a) self, int start_dim, int end_dim, str out_dim) -> Tensor(a)` */
    flatten(startDim: number, endDim: number, outDim: string): Tensor;
    /** `aten::flatten.using_ints(Tensor(a) self, int start_dim=0, int end_dim=-1) -> Tensor(a)` */
    flatten(options?: { startDim?: number; endDim?: number }): Tensor;
    /** `aten::flip(Tensor self, int[] dims) -> Tensor` */
    flip(dims: readonly number[]): Tensor;
    /** `aten::floor(Tensor self) -> Tensor` */
    floor(): Tensor;
    /** `aten::floor_divide(Tensor self, Tensor other) -> Tensor` */
    floorDivide(other: Tensor): Tensor;
    /** `aten::floor_divide.Scalar(Tensor self, Scalar other) -> Tensor` */
    floorDivide(other: Scalar): Tensor;
    /** `aten::full_like(Tensor self, Scalar fill_value, *, ScalarType? dtype=None, Layout? layout=None, Device? device=None, bool? pin_memory=None, MemoryFormat? memory_format=None) -> Tensor` */
    fullLike(fillValue: Scalar, options?: { dtype?: DType | null; device?: Device | null; memoryFormat?: MemoryFormat | null }): Tensor;
    /** `aten::gather(Tensor self, int dim, Tensor index, *, bool sparse_grad=False) -> Tensor` */
    gather(dim: number, index: Tensor, options?: { sparseGrad?: boolean }): Tensor;
    /** `aten::ge.Scalar(Tensor self, Scalar other) -> Tensor` */
    ge(other: Scalar): Tensor;
    /** `aten::ge.Tensor(Tensor self, Tensor other) -> Tensor` */
    ge(other: Tensor): Tensor;
    /** `aten::gelu(Tensor self, *, str approximate="none") -> Tensor` */
    gelu(options?: { approximate?: string }): Tensor;
    /** `aten::gt.Scalar(Tensor self, Scalar other) -> Tensor` */
    gt(other: Scalar): Tensor;
    /** `aten::gt.Tensor(Tensor self, Tensor other) -> Tensor` */
    gt(other: Tensor): Tensor;
    /** `aten::hardtanh(Tensor self, Scalar min_val=-1, Scalar max_val=1) -> Tensor` */
    hardtanh(options?: { minVal?: Scalar; maxVal?: Scalar }): Tensor;
    /** `aten::histc(Tensor self, int bins=100, Scalar min=0, Scalar max=0) -> Tensor` */
    histc(options?: { bins?: number; min?: Scalar; max?: Scalar }): Tensor;
    /** `aten::huber_loss(Tensor self, Tensor target, int reduction=1, float delta=1.) -> Tensor` */
    huberLoss(target: Tensor, options?: { reduction?: number; delta?: number }): Tensor;
    /** `aten::im2col(Tensor self, int[2] kernel_size, int[2] dilation, int[2] padding, int[2] stride) -> Tensor` */
    im2col(kernelSize: Sizes, dilation: Sizes, padding: Sizes, stride: Sizes): Tensor;
    /** `aten::index.Tensor(Tensor self, Tensor?[] indices) -> Tensor` */
    index(indices: readonly (Tensor | null)[]): Tensor;
    /** `aten::index_add(Tensor self, int dim, Tensor index, Tensor source, *, Scalar alpha=1) -> Tensor` */
    indexAdd(dim: number, index: Tensor, source: Tensor, options?: { alpha?: Scalar }): Tensor;
    /** `aten::index_add_(Tensor(a!) self, int dim, Tensor index, Tensor source, *, Scalar alpha=1) -> Tensor(a!)` */
    indexAdd_(dim: number, index: Tensor, source: Tensor, options?: { alpha?: Scalar }): Tensor;
    /** `aten::index_copy_(Tensor(a!) self, int dim, Tensor index, Tensor source) -> Tensor(a!)` */
    indexCopy_(dim: number, index: Tensor, source: Tensor): Tensor;
    /** `aten::index_put_(Tensor(a!) self, Tensor?[] indices, Tensor values, bool accumulate=False) -> Tensor(a!)` */
    indexPut_(indices: readonly (Tensor | null)[], values: Tensor, options?: { accumulate?: boolean }): Tensor;
    /** `aten::index_select(Tensor self, int dim, Tensor index) -> Tensor` */
    indexSelect(dim: number, index: Tensor): Tensor;
    /** `aten::isclose(Tensor self, Tensor other, float rtol=1.0000000000000001e-05, float atol=1e-08, bool equal_nan=False) -> Tensor` */
    isclose(other: Tensor, options?: { rtol?: number; atol?: number; equalNan?: boolean }): Tensor;
    /** `aten::isfinite(Tensor self) -> Tensor` */
    isfinite(): Tensor;
    /** `aten::isinf(Tensor self) -> Tensor` */
    isinf(): Tensor;
    /** `aten::isnan(Tensor self) -> Tensor` */
    isnan(): Tensor;
    /** `aten::kl_div(Tensor self, Tensor target, int reduction=1, *, bool log_target=False) -> Tensor` */
    klDiv(target: Tensor, options?: { reduction?: number; logTarget?: boolean }): Tensor;
    /** `aten::l1_loss(Tensor self, Tensor target, int reduction=1) -> Tensor` */
    l1Loss(target: Tensor, options?: { reduction?: number }): Tensor;
    /** `aten::le.Scalar(Tensor self, Scalar other) -> Tensor` */
    le(other: Scalar): Tensor;
    /** `aten::le.Tensor(Tensor self, Tensor other) -> Tensor` */
    le(other: Tensor): Tensor;
    /** `aten::leaky_relu(Tensor self, Scalar negative_slope=0.01) -> Tensor` */
    leakyRelu(options?: { negativeSlope?: Scalar }): Tensor;
    /** `aten::lerp.Scalar(Tensor self, Tensor end, Scalar weight) -> Tensor` */
    lerp(end: Tensor, weight: Scalar): Tensor;
    /** `aten::lerp.Tensor(Tensor self, Tensor end, Tensor weight) -> Tensor` */
    lerp(end: Tensor, weight: Tensor): Tensor;
    /** `aten::lerp_.Scalar(Tensor(a!) self, Tensor end, Scalar weight) -> Tensor(a!)` */
    lerp_(end: Tensor, weight: Scalar): Tensor;
    /** `aten::lerp_.Tensor(Tensor(a!) self, Tensor end, Tensor weight) -> Tensor(a!)` */
    lerp_(end: Tensor, weight: Tensor): Tensor;
    /** `aten::linalg_cholesky(Tensor self, *, bool upper=False) -> Tensor` */
    linalgCholesky(options?: { upper?: boolean }): Tensor;
    /** `aten::linalg_eigh(Tensor self, str UPLO="L") -> (Tensor eigenvalues, Tensor eigenvectors)` */
    linalgEigh(options?: { UPLO?: string }): [eigenvalues: Tensor, eigenvectors: Tensor];
    /** `aten::linalg_lstsq(Tensor self, Tensor b, float? rcond=None, *, str? driver=None) -> (Tensor solution, Tensor residuals, Tensor rank, Tensor singular_values)` */
    linalgLstsq(b: Tensor, options?: { rcond?: number | null; driver?: string | null }): [solution: Tensor, residuals: Tensor, rank: Tensor, singularValues: Tensor];
    /** `aten::linalg_norm(Tensor self, Scalar? ord=None, int[1]? dim=None, bool keepdim=False, *, ScalarType? dtype=None) -> Tensor` */
    linalgNorm(options?: { ord?: Scalar | null; dim?: Sizes | null; keepdim?: boolean; dtype?: DType | null }): Tensor;
    /** `aten::linalg_norm.ord_str(Tensor self, str ord, int[1]? dim=None, bool keepdim=False, *, ScalarType? dtype=None) -> Tensor` */
    linalgNorm(ord: string, options?: { dim?: Sizes | null; keepdim?: boolean; dtype?: DType | null }): Tensor;
    /** `aten::linalg_vector_norm(Tensor self, Scalar ord=2, int[1]? dim=None, bool keepdim=False, *, ScalarType? dtype=None) -> Tensor` */
    linalgVectorNorm(options?: { ord?: Scalar; dim?: Sizes | null; keepdim?: boolean; dtype?: DType | null }): Tensor;
    /** `aten::log(Tensor self) -> Tensor` */
    log(): Tensor;
    /** `aten::log1p(Tensor self) -> Tensor` */
    log1p(): Tensor;
    /** `aten::log2(Tensor self) -> Tensor` */
    log2(): Tensor;
    /** `aten::log_sigmoid(Tensor self) -> Tensor` */
    logSigmoid(): Tensor;
    /** `aten::log_softmax.int(Tensor self, int dim, ScalarType? dtype=None) -> Tensor` */
    logSoftmax(dim: number, options?: { dtype?: DType | null }): Tensor;
    /** `aten::logaddexp(Tensor self, Tensor other) -> Tensor` */
    logaddexp(other: Tensor): Tensor;
    /** `aten::logical_and(Tensor self, Tensor other) -> Tensor` */
    logicalAnd(other: Tensor): Tensor;
    /** `aten::logical_not(Tensor self) -> Tensor` */
    logicalNot(): Tensor;
    /** `aten::logical_or(Tensor self, Tensor other) -> Tensor` */
    logicalOr(other: Tensor): Tensor;
    /** `aten::logical_xor(Tensor self, Tensor other) -> Tensor` */
    logicalXor(other: Tensor): Tensor;
    /** `aten::logit(Tensor self, float? eps=None) -> Tensor` */
    logit(options?: { eps?: number | null }): Tensor;
    /** `aten::logsumexp(Tensor self, int[1] dim, bool keepdim=False) -> Tensor` */
    logsumexp(dim: Sizes, options?: { keepdim?: boolean }): Tensor;
    /** `aten::lt.Scalar(Tensor self, Scalar other) -> Tensor` */
    lt(other: Scalar): Tensor;
    /** `aten::lt.Tensor(Tensor self, Tensor other) -> Tensor` */
    lt(other: Tensor): Tensor;
    /** `aten::masked_fill.Scalar(Tensor self, Tensor mask, Scalar value) -> Tensor` */
    maskedFill(mask: Tensor, value: Scalar): Tensor;
    /** `aten::masked_fill.Tensor(Tensor self, Tensor mask, Tensor value) -> Tensor` */
    maskedFill(mask: Tensor, value: Tensor): Tensor;
    /** `aten::masked_fill_.Scalar(Tensor(a!) self, Tensor mask, Scalar value) -> Tensor(a!)` */
    maskedFill_(mask: Tensor, value: Scalar): Tensor;
    /** `aten::masked_fill_.Tensor(Tensor(a!) self, Tensor mask, Tensor value) -> Tensor(a!)` */
    maskedFill_(mask: Tensor, value: Tensor): Tensor;
    /** `aten::masked_select(Tensor self, Tensor mask) -> Tensor` */
    maskedSelect(mask: Tensor): Tensor;
    /** `aten::matmul(Tensor self, Tensor other) -> Tensor` */
    matmul(other: Tensor): Tensor;
    /** `aten::max(Tensor self) -> Tensor` */
    max(): Tensor;
    /** `aten::max.dim(Tensor self, int dim, bool keepdim=False) -> (Tensor values, Tensor indices)` */
    max(dim: number, options?: { keepdim?: boolean }): [values: Tensor, indices: Tensor];
    /** `aten::max.other(Tensor self, Tensor other) -> Tensor` */
    max(other: Tensor): Tensor;
    /** `aten::max_pool2d(Tensor self, int[2] kernel_size, int[2] stride=[], int[2] padding=0, int[2] dilation=1, bool ceil_mode=False) -> Tensor` */
    maxPool2d(kernelSize: Sizes, options?: { stride?: Sizes; padding?: Sizes; dilation?: Sizes; ceilMode?: boolean }): Tensor;
    /** `aten::max_pool2d_with_indices(Tensor self, int[2] kernel_size, int[2] stride=[], int[2] padding=0, int[2] dilation=1, bool ceil_mode=False) -> (Tensor, Tensor)` */
    maxPool2dWithIndices(kernelSize: Sizes, options?: { stride?: Sizes; padding?: Sizes; dilation?: Sizes; ceilMode?: boolean }): [result0: Tensor, result1: Tensor];
    /** `aten::maximum(Tensor self, Tensor other) -> Tensor` */
    maximum(other: Tensor): Tensor;
    /** `aten::mean(Tensor self, *, ScalarType? dtype=None) -> Tensor` */
    mean(options?: { dtype?: DType | null }): Tensor;
    /** `aten::mean.dim(Tensor self, int[1]? dim, bool keepdim=False, *, ScalarType? dtype=None) -> Tensor` */
    mean(dim: Sizes | null, options?: { keepdim?: boolean; dtype?: DType | null }): Tensor;
    /** `aten::median(Tensor self) -> Tensor` */
    median(): Tensor;
    /** `aten::median.dim(Tensor self, int dim, bool keepdim=False) -> (Tensor values, Tensor indices)` */
    median(dim: number, options?: { keepdim?: boolean }): [values: Tensor, indices: Tensor];
    /** `aten::min(Tensor self) -> Tensor` */
    min(): Tensor;
    /** `aten::min.dim(Tensor self, int dim, bool keepdim=False) -> (Tensor values, Tensor indices)` */
    min(dim: number, options?: { keepdim?: boolean }): [values: Tensor, indices: Tensor];
    /** `aten::min.other(Tensor self, Tensor other) -> Tensor` */
    min(other: Tensor): Tensor;
    /** `aten::minimum(Tensor self, Tensor other) -> Tensor` */
    minimum(other: Tensor): Tensor;
    /** `aten::mm(Tensor self, Tensor mat2) -> Tensor` */
    mm(mat2: Tensor): Tensor;
    /** `aten::mse_loss(Tensor self, Tensor target, int reduction=1) -> Tensor` */
    mseLoss(target: Tensor, options?: { reduction?: number }): Tensor;
    /** `aten::mul.Scalar(Tensor self, Scalar other) -> Tensor` */
    mul(other: Scalar): Tensor;
    /** `aten::mul.Tensor(Tensor self, Tensor other) -> Tensor` */
    mul(other: Tensor): Tensor;
    /** `aten::mul_.Scalar(Tensor(a!) self, Scalar other) -> Tensor(a!)` */
    mul_(other: Scalar): Tensor;
    /** `aten::mul_.Tensor(Tensor(a!) self, Tensor other) -> Tensor(a!)` */
    mul_(other: Tensor): Tensor;
    /** `aten::multinomial(Tensor self, int num_samples, bool replacement=False, *, Generator? generator=None) -> Tensor` */
    multinomial(numSamples: number, options?: { replacement?: boolean }): Tensor;
    /** `aten::mv(Tensor self, Tensor vec) -> Tensor` */
    mv(vec: Tensor): Tensor;
    /** `aten::nan_to_num(Tensor self, float? nan=None, float? posinf=None, float? neginf=None) -> Tensor` */
    nanToNum(options?: { nan?: number | null; posinf?: number | null; neginf?: number | null }): Tensor;
    /** `aten::narrow(Tensor(a) self, int dim, int start, int length) -> Tensor(a)` */
    narrow(dim: number, start: number, length: number): Tensor;
    /** `aten::narrow.Tensor(Tensor(a) self, int dim, Tensor start, int length) -> Tensor(a)` */
    narrow(dim: number, start: Tensor, length: number): Tensor;
    /** `aten::ne.Scalar(Tensor self, Scalar other) -> Tensor` */
    ne(other: Scalar): Tensor;
    /** `aten::ne.Tensor(Tensor self, Tensor other) -> Tensor` */
    ne(other: Tensor): Tensor;
    /** `aten::neg(Tensor self) -> Tensor` */
    neg(): Tensor;
    /** `aten::neg_(Tensor(a!) self) -> Tensor(a!)` */
    neg_(): Tensor;
    /** `aten::new_zeros(Tensor self, SymInt[] size, *, ScalarType? dtype=None, Layout? layout=None, Device? device=None, bool? pin_memory=None) -> Tensor` */
    newZeros(size: readonly number[], options?: { dtype?: DType | null; device?: Device | null }): Tensor;
    /** `aten::nll_loss(Tensor self, Tensor target, Tensor? weight=None, int reduction=1, int ignore_index=-100) -> Tensor` */
    nllLoss(target: Tensor, options?: { weight?: Tensor | null; reduction?: number; ignoreIndex?: number }): Tensor;
    /** `aten::nonzero(Tensor self) -> Tensor` */
    nonzero(): Tensor;
    /** `aten::norm.ScalarOpt_dim_dtype(Tensor self, Scalar? p, int[1] dim, bool keepdim, *, ScalarType dtype) -> Tensor` */
    norm(p: Scalar | null, dim: Sizes, keepdim: boolean, options: { dtype: DType }): Tensor;
    /** `aten::norm.ScalarOpt_dtype(Tensor self, Scalar? p, *, ScalarType dtype) -> Tensor` */
    norm(p: Scalar | null, options: { dtype: DType }): Tensor;
    /** `aten::norm.Scalar(Tensor self, Scalar p=2) -> Tensor` */
    norm(options?: { p?: Scalar }): Tensor;
    /** `aten::norm.ScalarOpt_dim(Tensor self, Scalar? p, int[1] dim, bool keepdim=False) -> Tensor` */
    norm(p: Scalar | null, dim: Sizes, options?: { keepdim?: boolean }): Tensor;
    /** `aten::normal_(Tensor(a!) self, float mean=0., float std=1., *, Generator? generator=None) -> Tensor(a!)` */
    normal_(options?: { mean?: number; std?: number }): Tensor;
    /** `aten::one_hot(Tensor self, int num_classes=-1) -> Tensor` */
    oneHot(options?: { numClasses?: number }): Tensor;
    /** `aten::ones_like(Tensor self, *, ScalarType? dtype=None, Layout? layout=None, Device? device=None, bool? pin_memory=None, MemoryFormat? memory_format=None) -> Tensor` */
    onesLike(options?: { dtype?: DType | null; device?: Device | null; memoryFormat?: MemoryFormat | null }): Tensor;
    /** `aten::outer(Tensor self, Tensor vec2) -> Tensor` */
    outer(vec2: Tensor): Tensor;
    /** `aten::pad(Tensor self, int[] pad, str mode="constant", float? value=None) -> Tensor` */
    pad(pad: readonly number[], options?: { mode?: string; value?: number | null }): Tensor;
    /** `aten::pdist(Tensor self, float p=2.) -> Tensor` */
    pdist(options?: { p?: number }): Tensor;
    /** `aten::permute(Tensor(a) self, int[] dims) -> Tensor(a)` */
    permute(dims: readonly number[]): Tensor;
    /** `aten::pin_memory(Tensor(a) self, Device? device=None) -> Tensor(a)` */
    pinMemory(options?: { device?: Device | null }): Tensor;
    /** `aten::pow.Tensor_Scalar(Tensor self, Scalar exponent) -> Tensor` */
    pow(exponent: Scalar): Tensor;
    /** `aten::pow.Tensor_Tensor(Tensor self, Tensor exponent) -> Tensor` */
    pow(exponent: Tensor): Tensor;
    /** `aten::prelu(Tensor self, Tensor weight) -> Tensor` */
    prelu(weight: Tensor): Tensor;
    /** `aten::prod(Tensor self, *, ScalarType? dtype=None) -> Tensor` */
    prod(options?: { dtype?: DType | null }): Tensor;
    /** `aten::prod.dim_int(Tensor self, int dim, bool keepdim=False, *, ScalarType? dtype=None) -> Tensor` */
    prod(dim: number, options?: { keepdim?: boolean; dtype?: DType | null }): Tensor;
    /** `aten::quantile(Tensor self, Tensor q, int? dim=None, bool keepdim=False, *, str interpolation="linear") -> Tensor` */
    quantile(q: Tensor, options?: { dim?: number | null; keepdim?: boolean; interpolation?: string }): Tensor;
    /** `aten::quantile.scalar(Tensor self, float q, int? dim=None, bool keepdim=False, *, str interpolation="linear") -> Tensor` */
    quantile(q: number, options?: { dim?: number | null; keepdim?: boolean; interpolation?: string }): Tensor;
    /** `aten::rand_like(Tensor self, *, ScalarType? dtype=None, Layout? layout=None, Device? device=None, bool? pin_memory=None, MemoryFormat? memory_format=None) -> Tensor` */
    randLike(options?: { dtype?: DType | null; device?: Device | null; memoryFormat?: MemoryFormat | null }): Tensor;
    /** `aten::randn_like(Tensor self, *, ScalarType? dtype=None, Layout? layout=None, Device? device=None, bool? pin_memory=None, MemoryFormat? memory_format=None) -> Tensor` */
    randnLike(options?: { dtype?: DType | null; device?: Device | null; memoryFormat?: MemoryFormat | null }): Tensor;
    /** `aten::random_(Tensor(a!) self, *, Generator? generator=None) -> Tensor(a!)` */
    random_(): Tensor;
    /** `aten::random_.from(Tensor(a!) self, int from, int? to, *, Generator? generator=None) -> Tensor(a!)` */
    random_(from: number, to: number | null): Tensor;
    /** `aten::random_.to(Tensor(a!) self, int to, *, Generator? generator=None) -> Tensor(a!)` */
    random_(to: number): Tensor;
    /** `aten::reciprocal(Tensor self) -> Tensor` */
    reciprocal(): Tensor;
    /** `aten::reflection_pad2d(Tensor self, int[4] padding) -> Tensor` */
    reflectionPad2d(padding: Sizes): Tensor;
    /** `aten::relu(Tensor self) -> Tensor` */
    relu(): Tensor;
    /** `aten::relu_(Tensor(a!) self) -> Tensor(a!)` */
    relu_(): Tensor;
    /** `aten::remainder.Scalar(Tensor self, Scalar other) -> Tensor` */
    remainder(other: Scalar): Tensor;
    /** `aten::remainder.Tensor(Tensor self, Tensor other) -> Tensor` */
    remainder(other: Tensor): Tensor;
    /** `aten::repeat(Tensor self, SymInt[] repeats) -> Tensor` */
    repeat(repeats: readonly number[]): Tensor;
    /** `aten::repeat_interleave.self_Tensor(Tensor self, Tensor repeats, int? dim=None, *, int? output_size=None) -> Tensor` */
    repeatInterleave(repeats: Tensor, options?: { dim?: number | null; outputSize?: number | null }): Tensor;
    /** `aten::repeat_interleave.self_int(Tensor self, int repeats, int? dim=None, *, int? output_size=None) -> Tensor` */
    repeatInterleave(repeats: number, options?: { dim?: number | null; outputSize?: number | null }): Tensor;
    /** `aten::reshape(Tensor(a) self, SymInt[] shape) -> Tensor(a)` */
    reshape(shape: readonly number[]): Tensor;
    /** `aten::roll(Tensor self, int[1] shifts, int[1] dims=[]) -> Tensor` */
    roll(shifts: Sizes, options?: { dims?: Sizes }): Tensor;
    /** `aten::round.decimals(Tensor self, *, int decimals) -> Tensor` */
    round(options: { decimals: number }): Tensor;
    /** `aten::round(Tensor self) -> Tensor` */
    round(): Tensor;
    /** `aten::rsqrt(Tensor self) -> Tensor` */
    rsqrt(): Tensor;
    /** `aten::rsqrt_(Tensor(a!) self) -> Tensor(a!)` */
    rsqrt_(): Tensor;
    /** `aten::scatter.reduce(Tensor self, int dim, Tensor index, Tensor src, *, str reduce) -> Tensor` */
    scatter(dim: number, index: Tensor, src: Tensor, options: { reduce: string }): Tensor;
    /** `aten::scatter.value_reduce(Tensor self, int dim, Tensor index, Scalar value, *, str reduce) -> Tensor` */
    scatter(dim: number, index: Tensor, value: Scalar, options: { reduce: string }): Tensor;
    /** `aten::scatter.src(Tensor self, int dim, Tensor index, Tensor src) -> Tensor` */
    scatter(dim: number, index: Tensor, src: Tensor): Tensor;
    /** `aten::scatter.value(Tensor self, int dim, Tensor index, Scalar value) -> Tensor` */
    scatter(dim: number, index: Tensor, value: Scalar): Tensor;
    /** `aten::scatter_.reduce(Tensor(a!) self, int dim, Tensor index, Tensor src, *, str reduce) -> Tensor(a!)` */
    scatter_(dim: number, index: Tensor, src: Tensor, options: { reduce: string }): Tensor;
    /** `aten::scatter_.value_reduce(Tensor(a!) self, int dim, Tensor index, Scalar value, *, str reduce) -> Tensor(a!)` */
    scatter_(dim: number, index: Tensor, value: Scalar, options: { reduce: string }): Tensor;
    /** `aten::scatter_.src(Tensor(a!) self, int dim, Tensor index, Tensor src) -> Tensor(a!)` */
    scatter_(dim: number, index: Tensor, src: Tensor): Tensor;
    /** `aten::scatter_.value(Tensor(a!) self, int dim, Tensor index, Scalar value) -> Tensor(a!)` */
    scatter_(dim: number, index: Tensor, value: Scalar): Tensor;
    /** `aten::scatter_add(Tensor self, int dim, Tensor index, Tensor src) -> Tensor` */
    scatterAdd(dim: number, index: Tensor, src: Tensor): Tensor;
    /** `aten::scatter_add_(Tensor(a!) self, int dim, Tensor index, Tensor src) -> Tensor(a!)` */
    scatterAdd_(dim: number, index: Tensor, src: Tensor): Tensor;
    /** `aten::scatter_reduce.two(Tensor self, int dim, Tensor index, Tensor src, str reduce, *, bool include_self=True) -> Tensor` */
    scatterReduce(dim: number, index: Tensor, src: Tensor, reduce: string, options?: { includeSelf?: boolean }): Tensor;
    /** `aten::select.int(Tensor(a) self, int dim, int index) -> Tensor(a)` */
    select(dim: number, index: number): Tensor;
    /** `aten::sigmoid(Tensor self) -> Tensor` */
    sigmoid(): Tensor;
    /** `aten::sign(Tensor self) -> Tensor` */
    sign(): Tensor;
    /** `aten::silu(Tensor self) -> Tensor` */
    silu(): Tensor;
    /** `aten::sin(Tensor self) -> Tensor` */
    sin(): Tensor;
    /** `aten::slice.Tensor(Tensor(a) self, int dim=0, SymInt? start=None, SymInt? end=None, SymInt step=1) -> Tensor(a)` */
    slice(options?: { dim?: number; start?: number | null; end?: number | null; step?: number }): Tensor;
    /** `aten::smooth_l1_loss(Tensor self, Tensor target, int reduction=1, float beta=1.) -> Tensor` */
    smoothL1Loss(target: Tensor, options?: { reduction?: number; beta?: number }): Tensor;
    /** `aten::softmax.int(Tensor self, int dim, ScalarType? dtype=None) -> Tensor` */
    softmax(dim: number, options?: { dtype?: DType | null }): Tensor;
    /** `aten::softplus(Tensor self, Scalar beta=1, Scalar threshold=20) -> Tensor` */
    softplus(options?: { beta?: Scalar; threshold?: Scalar }): Tensor;
    /** `aten::sort.stable(Tensor self, *, bool? stable, int dim=-1, bool descending=False) -> (Tensor values, Tensor indices)` */
    sort(options: { stable: boolean | null; dim?: number; descending?: boolean }): [values: Tensor, indices: Tensor];
    /** `aten::sort(Tensor self, int dim=-1, bool descending=False) -> (Tensor values, Tensor indices)` */
    sort(options?: { dim?: number; descending?: boolean }): [values: Tensor, indices: Tensor];
    /** `aten::split.Tensor(Tensor(a -> *) self, int split_size, int dim=0) -> Tensor(a)[]` */
    split(splitSize: number, options?: { dim?: number }): Tensor[];
    /** `aten::split.sizes(Tensor(a -> *) self, int[] split_size, int dim=0) -> Tensor(a)[]` */
    split(splitSize: readonly number[], options?: { dim?: number }): Tensor[];
    /** `aten::split_with_sizes(Tensor(a -> *) self, int[] split_sizes, int dim=0) -> Tensor(a)[]` */
    splitWithSizes(splitSizes: readonly number[], options?: { dim?: number }): Tensor[];
    /** `aten::sqrt(Tensor self) -> Tensor` */
    sqrt(): Tensor;
    /** `aten::sqrt_(Tensor(a!) self) -> Tensor(a!)` */
    sqrt_(): Tensor;
    /** `aten::square(Tensor self) -> Tensor` */
    square(): Tensor;
    /** `aten::squeeze(Tensor(a) self) -> Tensor(a)` */
    squeeze(): Tensor;
    /** `aten::squeeze.dim(Tensor(a) self, int dim) -> Tensor(a)` */
    squeeze(dim: number): Tensor;
    /** `aten::std.correction(Tensor self, int[1]? dim, *, int? correction, bool keepdim=False) -> Tensor` */
    std(dim: Sizes | null, options: { correction: number | null; keepdim?: boolean }): Tensor;
    /** `aten::std(Tensor self, bool unbiased=True) -> Tensor` */
    std(options?: { unbiased?: boolean }): Tensor;
    /** `aten::std.dim(Tensor self, int[1]? dim, bool unbiased=True, bool keepdim=False) -> Tensor` */
    std(dim: Sizes | null, options?: { unbiased?: boolean; keepdim?: boolean }): Tensor;
    /** `aten::std_mean.correction(Tensor self, int[1]? dim, *, int? correction, bool keepdim=False) -> (Tensor, Tensor)` */
    stdMean(dim: Sizes | null, options: { correction: number | null; keepdim?: boolean }): [result0: Tensor, result1: Tensor];
    /** `aten::std_mean(Tensor self, bool unbiased=True) -> (Tensor, Tensor)` */
    stdMean(options?: { unbiased?: boolean }): [result0: Tensor, result1: Tensor];
    /** `aten::std_mean.dim(Tensor self, int[1]? dim, bool unbiased=True, bool keepdim=False) -> (Tensor, Tensor)` */
    stdMean(dim: Sizes | null, options?: { unbiased?: boolean; keepdim?: boolean }): [result0: Tensor, result1: Tensor];
    /** `aten::sub.Scalar(Tensor self, Scalar other, Scalar alpha=1) -> Tensor` */
    sub(other: Scalar, options?: { alpha?: Scalar }): Tensor;
    /** `aten::sub.Tensor(Tensor self, Tensor other, *, Scalar alpha=1) -> Tensor` */
    sub(other: Tensor, options?: { alpha?: Scalar }): Tensor;
    /** `aten::sub_.Scalar(Tensor(a!) self, Scalar other, Scalar alpha=1) -> Tensor(a!)` */
    sub_(other: Scalar, options?: { alpha?: Scalar }): Tensor;
    /** `aten::sub_.Tensor(Tensor(a!) self, Tensor other, *, Scalar alpha=1) -> Tensor(a!)` */
    sub_(other: Tensor, options?: { alpha?: Scalar }): Tensor;
    /** `aten::sum(Tensor self, *, ScalarType? dtype=None) -> Tensor` */
    sum(options?: { dtype?: DType | null }): Tensor;
    /** `aten::sum.dim_IntList(Tensor self, int[1]? dim, bool keepdim=False, *, ScalarType? dtype=None) -> Tensor` */
    sum(dim: Sizes | null, options?: { keepdim?: boolean; dtype?: DType | null }): Tensor;
    /** `aten::t(Tensor(a) self) -> Tensor(a)` */
    t(): Tensor;
    /** `aten::take_along_dim(Tensor self, Tensor indices, int? dim=None) -> Tensor` */
    takeAlongDim(indices: Tensor, options?: { dim?: number | null }): Tensor;
    /** `tandem::jitter_(Tensor(a!) self, Tensor order, Tensor amounts) -> Tensor(a!)` */
    jitter_(order: Tensor, amounts: Tensor): Tensor;
    /** `tandem::render_views(Tensor self, Tensor rows, Tensor row_weights, Tensor columns, Tensor column_weights, float divisor, Tensor order, Tensor amounts, Tensor gray, Tensor blur_each, Tensor blur, Tensor blur_weights, Tensor solarize, float[] mean, float[] slope) -> Tensor` */
    renderViews(rows: Tensor, rowWeights: Tensor, columns: Tensor, columnWeights: Tensor, divisor: number, order: Tensor, amounts: Tensor, gray: Tensor, blurEach: Tensor, blur: Tensor, blurWeights: Tensor, solarize: Tensor, mean: readonly number[], slope: readonly number[]): Tensor;
    /** `tandem::resample_lines(Tensor self, Tensor first, Tensor weights) -> Tensor` */
    resampleLines(first: Tensor, weights: Tensor): Tensor;
    /** `aten::tanh(Tensor self) -> Tensor` */
    tanh(): Tensor;
    /** `aten::topk(Tensor self, int k, int dim=-1, bool largest=True, bool sorted=True) -> (Tensor values, Tensor indices)` */
    topk(k: number, options?: { dim?: number; largest?: boolean; sorted?: boolean }): [values: Tensor, indices: Tensor];
    /** `aten::trace(Tensor self) -> Tensor` */
    trace(): Tensor;
    /** `aten::transpose.int(Tensor(a) self, int dim0, int dim1) -> Tensor(a)` */
    transpose(dim0: number, dim1: number): Tensor;
    /** `aten::tril(Tensor self, int diagonal=0) -> Tensor` */
    tril(options?: { diagonal?: number }): Tensor;
    /** `aten::triu(Tensor self, int diagonal=0) -> Tensor` */
    triu(options?: { diagonal?: number }): Tensor;
    /** `aten::unbind.int(Tensor(a -> *) self, int dim=0) -> Tensor(a)[]` */
    unbind(options?: { dim?: number }): Tensor[];
    /** `aten::unflatten.int(Tensor(a) self, int dim, int[] sizes) -> Tensor(a)` */
    unflatten(dim: number, sizes: readonly number[]): Tensor;
    /** `aten::unfold(Tensor(a) self, int dimension, int size, int step) -> Tensor(a)` */
    unfold(dimension: number, size: number, step: number): Tensor;
    /** `aten::uniform_(Tensor(a!) self, float from=0., float to=1., *, Generator? generator=None) -> Tensor(a!)` */
    uniform_(options?: { from?: number; to?: number }): Tensor;
    /** `aten::unique_consecutive(Tensor self, bool return_inverse=False, bool return_counts=False, int? dim=None) -> (Tensor, Tensor, Tensor)` */
    uniqueConsecutive(options?: { returnInverse?: boolean; returnCounts?: boolean; dim?: number | null }): [result0: Tensor, result1: Tensor, result2: Tensor];
    /** `aten::unsqueeze(Tensor(a) self, int dim) -> Tensor(a)` */
    unsqueeze(dim: number): Tensor;
    /** `aten::upsample_bicubic2d(Tensor self, SymInt[2] output_size, bool align_corners, float? scales_h=None, float? scales_w=None) -> Tensor` */
    upsampleBicubic2d(outputSize: Sizes, alignCorners: boolean, options?: { scalesH?: number | null; scalesW?: number | null }): Tensor;
    /** `aten::upsample_bilinear2d(Tensor self, SymInt[2] output_size, bool align_corners, float? scales_h=None, float? scales_w=None) -> Tensor` */
    upsampleBilinear2d(outputSize: Sizes, alignCorners: boolean, options?: { scalesH?: number | null; scalesW?: number | null }): Tensor;
    /** `aten::upsample_nearest2d(Tensor self, SymInt[2] output_size, float? scales_h=None, float? scales_w=None) -> Tensor` */
    upsampleNearest2d(outputSize: Sizes, options?: { scalesH?: number | null; scalesW?: number | null }): Tensor;
    /** `aten::var.correction(Tensor self, int[1]? dim, *, int? correction, bool keepdim=False) -> Tensor` */
    var(dim: Sizes | null, options: { correction: number | null; keepdim?: boolean }): Tensor;
    /** `aten::var(Tensor self, bool unbiased=True) -> Tensor` */
    var(options?: { unbiased?: boolean }): Tensor;
    /** `aten::var.dim(Tensor self, int[1]? dim, bool unbiased=True, bool keepdim=False) -> Tensor` */
    var(dim: Sizes | null, options?: { unbiased?: boolean; keepdim?: boolean }): Tensor;
    /** `aten::var_mean.correction(Tensor self, int[1]? dim, *, int? correction, bool keepdim=False) -> (Tensor, Tensor)` */
    varMean(dim: Sizes | null, options: { correction: number | null; keepdim?: boolean }): [result0: Tensor, result1: Tensor];
    /** `aten::var_mean(Tensor self, bool unbiased=True) -> (Tensor, Tensor)` */
    varMean(options?: { unbiased?: boolean }): [result0: Tensor, result1: Tensor];
    /** `aten::var_mean.dim(Tensor self, int[1]? dim, bool unbiased=True, bool keepdim=False) -> (Tensor, Tensor)` */
    varMean(dim: Sizes | null, options?: { unbiased?: boolean; keepdim?: boolean }): [result0: Tensor, result1: Tensor];
    /** `aten::view(Tensor(a) self, SymInt[] size) -> Tensor(a)` */
    view(size: readonly number[]): Tensor;
    /** `aten::view.dtype(Tensor(a) self, ScalarType dtype) -> Tensor(a)` */
    view(dtype: DType): Tensor;
    /** `aten::zero_(Tensor(a!) self) -> Tensor(a!)` */
    zero_(): Tensor;
    /** `aten::zeros_like(Tensor self, *, ScalarType? dtype=None, Layout? layout=None, Device? device=None, bool? pin_memory=None, MemoryFormat? memory_format=None) -> Tensor` */
    zerosLike(options?: { dtype?: DType | null; device?: Device | null; memoryFormat?: MemoryFormat | null }): Tensor;
  }
}

/** Functions that are methods too: the tensor is their first argument. */
const methods = {
  _ampUpdateScale_,
  _upsampleBicubic2dAa,
  _upsampleBilinear2dAa,
  abs,
  abs_,
  adaptiveAvgPool2d,
  adaptiveMaxPool2d,
  add,
  add_,
  addcdiv,
  addcdiv_,
  addcmul,
  addcmul_,
  addmm,
  addmm_,
  all,
  allclose,
  amax,
  amin,
  aminmax,
  any,
  argmax,
  argmin,
  argsort,
  atan2,
  avgPool2d,
  baddbmm,
  bernoulli,
  bernoulli_,
  binaryCrossEntropy,
  binaryCrossEntropyWithLogits,
  bincount,
  bmm,
  broadcastTo,
  ceil,
  chunk,
  clamp,
  clamp_,
  clampMax,
  clampMin,
  clone,
  col2im,
  constantPadNd,
  contiguous,
  copy_,
  copysign_,
  cos,
  countNonzero,
  cov,
  crossEntropyLoss,
  cumprod,
  cumsum,
  detach,
  diag,
  diagEmbed,
  diagonal,
  dist,
  div,
  div_,
  dot,
  elu,
  emptyLike,
  eq,
  equal,
  erf,
  erfinv,
  exp,
  exp_,
  expand,
  expm1,
  exponential_,
  fill_,
  fillDiagonal_,
  flatten,
  flip,
  floor,
  floorDivide,
  fullLike,
  gather,
  ge,
  gelu,
  gt,
  hardtanh,
  histc,
  huberLoss,
  im2col,
  index,
  indexAdd,
  indexAdd_,
  indexCopy_,
  indexPut_,
  indexSelect,
  isclose,
  isfinite,
  isinf,
  isnan,
  klDiv,
  l1Loss,
  le,
  leakyRelu,
  lerp,
  lerp_,
  linalgCholesky,
  linalgEigh,
  linalgLstsq,
  linalgNorm,
  linalgVectorNorm,
  log,
  log1p,
  log2,
  logSigmoid,
  logSoftmax,
  logaddexp,
  logicalAnd,
  logicalNot,
  logicalOr,
  logicalXor,
  logit,
  logsumexp,
  lt,
  maskedFill,
  maskedFill_,
  maskedSelect,
  matmul,
  max,
  maxPool2d,
  maxPool2dWithIndices,
  maximum,
  mean,
  median,
  min,
  minimum,
  mm,
  mseLoss,
  mul,
  mul_,
  multinomial,
  mv,
  nanToNum,
  narrow,
  ne,
  neg,
  neg_,
  newZeros,
  nllLoss,
  nonzero,
  norm,
  normal_,
  oneHot,
  onesLike,
  outer,
  pad,
  pdist,
  permute,
  pinMemory,
  pow,
  prelu,
  prod,
  quantile,
  randLike,
  randnLike,
  random_,
  reciprocal,
  reflectionPad2d,
  relu,
  relu_,
  remainder,
  repeat,
  repeatInterleave,
  reshape,
  roll,
  round,
  rsqrt,
  rsqrt_,
  scatter,
  scatter_,
  scatterAdd,
  scatterAdd_,
  scatterReduce,
  select,
  sigmoid,
  sign,
  silu,
  sin,
  slice,
  smoothL1Loss,
  softmax,
  softplus,
  sort,
  split,
  splitWithSizes,
  sqrt,
  sqrt_,
  square,
  squeeze,
  std,
  stdMean,
  sub,
  sub_,
  sum,
  t,
  takeAlongDim,
  jitter_,
  renderViews,
  resampleLines,
  tanh,
  topk,
  trace,
  transpose,
  tril,
  triu,
  unbind,
  unflatten,
  unfold,
  uniform_,
  uniqueConsecutive,
  unsqueeze,
  upsampleBicubic2d,
  upsampleBilinear2d,
  upsampleNearest2d,
  var: var$,
  varMean,
  view,
  zero_,
  zerosLike,
};

for (const [name, operator] of Object.entries(methods)) {
  if (name in Tensor.prototype) throw new Error('Tensor has a member of its own named ' + name);
  const apply = operator as (self: Tensor, ...rest: unknown[]) => unknown;
  Object.defineProperty(Tensor.prototype, name, {
    value(this: Tensor, ...rest: unknown[]) {
      return apply(this, ...rest);
    },
  });
}
