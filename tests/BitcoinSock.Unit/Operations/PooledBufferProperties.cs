using System.Runtime.InteropServices;
using Xunit;

namespace BitcoinSock.Unit;

public class PooledBufferProperties
{
    [Property]
    public void There_is_as_much_room_as_is_asked_for_and_what_was_written_stays((Size, byte)[] all)
    {
        using var buffer = PooledBuffer.Rent();
        List<byte> written = [];
        foreach ((Size hint, byte each) in all)
        {
            Span<byte> room = buffer.GetSpan(hint.Value);
            Assert.True(room.Length >= Math.Max(hint.Value, 1));
            room = room[..Math.Min(room.Length, each)];
            room.Fill(each);
            buffer.Advance(room.Length);
            written.AddRange(room);
            Assert.Equal(written.ToArray(), buffer.Written);
        }
    }

    [Property]
    public void Nothing_stays_in_the_memory_that_goes_back(Size[] lengths)
    {
        List<byte[]> rented = [];
        using (var buffer = PooledBuffer.Rent())
        {
            foreach (Size length in lengths)
            {
                Memory<byte> room = buffer.GetMemory(length.Value);
                room.Span.Fill((byte)'K');
                buffer.Advance(length.Value / 2);
                Assert.True(MemoryMarshal.TryGetArray<byte>(room, out ArraySegment<byte> segment));
                rented.Add(segment.Array!);
            }
        }

        Assert.All(rented, array => Assert.Equal(-1, array.IndexOf((byte)'K')));
    }
}
