namespace BitcoinSock;

/// <summary>A socket for which <see cref="SockPoller.Wait"/> found something.</summary>
/// <param name="Sock">The socket, as it was added.</param>
/// <param name="Occurred">
/// What is there: of what was requested, and <see cref="SockEvents.Error"/>.
/// </param>
/// <param name="State">What it was added with.</param>
public readonly record struct ReadySock(Sock Sock, SockEvents Occurred, object? State);
