using System.Buffers;
using System.Runtime.InteropServices;
using Xunit;

namespace BitcoinSock.Unit;

public class PooledBufferTests
{
    [Fact]
    public void It_grows_when_it_must_and_then_to_the_double_at_least()
    {
        using var buffer = PooledBuffer.Rent();
        int first = buffer.GetMemory(1000).Length;
        Assert.Equal(first, buffer.GetMemory(first).Length);
        Assert.Equal(buffer.GetMemory(first), buffer.GetMemory(first));
        Assert.InRange(buffer.GetMemory(first + 1).Length, 2 * first, int.MaxValue);
        Assert.InRange(buffer.GetMemory(9 * first).Length, 9 * first, int.MaxValue);
    }

    [Fact]
    public void It_grows_without_garbage()
    {
        const int Rounds = 10;
        const int Smallest = 1024;
        GrowSome();
        long before = GC.GetAllocatedBytesForCurrentThread();
        GrowSome();
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, Rounds * Smallest - 1);

        static void GrowSome()
        {
            for (int round = 0; round < Rounds; round++)
            {
                using var buffer = PooledBuffer.Rent();
                for (int length = Smallest; length < 100 * Smallest; length *= 3)
                {
                    buffer.GetMemory(length);
                }
            }
        }
    }

    [Fact]
    public void Two_at_a_time_are_two()
    {
        using var one = PooledBuffer.Rent();
        using var other = PooledBuffer.Rent();
        Assert.NotSame(one, other);
    }

    [Fact]
    public void What_was_given_back_is_empty_and_shares_no_memory()
    {
        var buffer = PooledBuffer.Rent();
        int length = buffer.GetMemory(5000).Length;
        buffer.Advance(7);
        buffer.Dispose();

        byte[] others = ArrayPool<byte>.Shared.Rent(length);
        using var again = PooledBuffer.Rent();
        Assert.Same(buffer, again);
        Assert.True(again.Written.IsEmpty);
        Assert.True(MemoryMarshal.TryGetArray<byte>(again.GetMemory(1), out var own));
        Assert.NotSame(others, own.Array);
        ArrayPool<byte>.Shared.Return(others);
    }
}
