/** Overrides of a shipped config that make its networks so small that an update takes no time. They learn nothing. */
export const SMALL_NETWORKS = [
  "--policy.latent_dim=8",
  "--policy.actor_network_kwargs.hidden_dims=[8,8]",
  "--policy.discrete_critic_network_kwargs.hidden_dims=[8,8]",
  "--algorithm.critic_network_kwargs.hidden_dims=[8,8]",
] as const;
