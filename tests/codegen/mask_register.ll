; Eight lanes, as two vectors of four, of: the bits of |x| as a 128-bit integer carrying the sign of x, and 0 where all bits are 0.
; This is the form that a vectorizer leaves which works four lanes wide and two vectors at a time.
;
; Code for AVX-512 takes the signs of a vector with vpmovq2m into a mask register, reads lane 0 from that with kmov and the other lanes
; with kshift. A code generator that turns the first two into vmovmskpd must keep the mask register for the kshifts.

declare <4 x double> @llvm.fabs.v4f64(<4 x double>)

define void @signed_bits(ptr %in, ptr %out) nounwind {
  %in1 = getelementptr i8, ptr %in, i64 32
  %x0 = load <4 x double>, ptr %in, align 16
  %x1 = load <4 x double>, ptr %in1, align 16
  %bits0 = bitcast <4 x double> %x0 to <4 x i64>
  %bits1 = bitcast <4 x double> %x1 to <4 x i64>
  %zero0 = icmp eq <4 x i64> %bits0, zeroinitializer
  %zero1 = icmp eq <4 x i64> %bits1, zeroinitializer
  %magnitude0 = call <4 x double> @llvm.fabs.v4f64(<4 x double> %x0)
  %magnitude1 = call <4 x double> @llvm.fabs.v4f64(<4 x double> %x1)
  %positive0 = bitcast <4 x double> %magnitude0 to <4 x i64>
  %positive1 = bitcast <4 x double> %magnitude1 to <4 x i64>
  %negative0 = icmp slt <4 x i64> %bits0, zeroinitializer
  %negative1 = icmp slt <4 x i64> %bits1, zeroinitializer
  %wide0 = zext nneg <4 x i64> %positive0 to <4 x i128>
  %wide1 = zext nneg <4 x i64> %positive1 to <4 x i128>
  %opposite0 = sub nsw <4 x i128> zeroinitializer, %wide0
  %opposite1 = sub nsw <4 x i128> zeroinitializer, %wide1
  %signed0 = select <4 x i1> %negative0, <4 x i128> %opposite0, <4 x i128> %wide0
  %signed1 = select <4 x i1> %negative1, <4 x i128> %opposite1, <4 x i128> %wide1
  %result0 = select <4 x i1> %zero0, <4 x i128> zeroinitializer, <4 x i128> %signed0
  %result1 = select <4 x i1> %zero1, <4 x i128> zeroinitializer, <4 x i128> %signed1
  %out1 = getelementptr i8, ptr %out, i64 64
  store <4 x i128> %result0, ptr %out, align 16
  store <4 x i128> %result1, ptr %out1, align 16
  ret void
}
