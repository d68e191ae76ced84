using BitcoinSock.Model;
using Xunit;

namespace Consumer;

/// <summary>A backend of one's own: samples/RingBackend, whose sources are beside this.</summary>
public class RingTests
{
    [Fact]
    public void The_ring_keeps_the_laws() => Conformance.Verify(RingBackend.Backends.Ring());
}
