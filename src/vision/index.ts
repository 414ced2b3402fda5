/** Image encoders, shared by policies and reward models. */
export { type ConvLayer, convStack } from "./conv_stack.ts";
export { type ImageEncoder, type ImageEncoderOptions, imageEncoder } from "./image_encoder.ts";
export { loadBackbone } from "./pretrained_backbone.ts";
export { resnet10 } from "./resnet10.ts";
export { spatialEmbedding } from "./spatial_embedding.ts";
