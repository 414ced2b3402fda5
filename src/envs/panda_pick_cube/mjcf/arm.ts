/**
 * The Franka Emika Panda: kinematics, masses and inertias of Franka's published description (as in MuJoCo Menagerie),
 * with shapes of our own made of capsules, cylinders and boxes. Group 2 holds what is seen, group 3 what collides.
 */
import { GRIPPER_BODY } from "./gripper.ts";

/** Joint torque limits in N·m, joints 1–7. */
const TORQUE_LIMITS = [87, 87, 87, 87, 12, 12, 12] as const;

export const ARM_DEFAULTS = `
    <default class="visual"><geom group="2" contype="0" conaffinity="0"/></default>
    <default class="collision"><geom group="3" contype="1" conaffinity="0" rgba="0.4 0.6 0.4 0.5"/></default>
    <default class="arm">
      <joint axis="0 0 1" range="-2.8973 2.8973" armature="0.1" damping="1"/>
    </default>`;

export const ARM_MATERIALS = `
    <material name="panda_white" rgba="1 1 1 1" specular="0.5" shininess="0.25"/>
    <material name="panda_off_white" rgba="0.901961 0.921569 0.929412 1" specular="0.5" shininess="0.25"/>
    <material name="panda_grey" rgba="0.25 0.25 0.25 1" specular="0.5" shininess="0.25"/>
    <material name="panda_blue" rgba="0.039216 0.541176 0.780392 1" specular="0.5" shininess="0.25"/>
    <material name="panda_green" rgba="0 1 0 1"/>
    <material name="gripper_black" rgba="0.149 0.149 0.149 1"/>
    <material name="gripper_grey" rgba="0.4627 0.4627 0.4627 1"/>
    <material name="pad_grey" rgba="0.5 0.5 0.5 1"/>`;

export const ARM_BODY = `
  <body name="link0" childclass="arm">
    <inertial mass="0.629769" pos="-0.041018 -0.00014 0.049974" fullinertia="0.00315 0.00388 0.004285 8.2904e-07 0.00015 8.2299e-06"/>
    <geom class="visual" type="box" pos="-0.085 0 0.03" size="0.066 0.06 0.03" material="panda_off_white"/>
    <geom class="visual" type="cylinder" pos="0 0 0.01" size="0.094 0.01" material="panda_off_white"/>
    <geom class="visual" type="capsule" fromto="-0.06 0 0.045 0.005 0 0.08" size="0.06" material="panda_off_white"/>
    <geom class="visual" type="cylinder" pos="0 0 0.07" size="0.07 0.068" material="panda_off_white"/>
    <geom class="visual" type="cylinder" pos="0 0 0.1385" size="0.0595 0.003" material="panda_grey"/>
    <geom class="collision" type="cylinder" pos="-0.03 0 0.07" size="0.1 0.07"/>
    <body name="link1" pos="0 0 0.333">
      <inertial mass="4.970684" pos="0.003875 0.002081 -0.04762" fullinertia="0.70337 0.70661 0.009117 -0.000139 0.006772 0.019169"/>
      <joint name="joint1"/>
      <geom class="visual" type="cylinder" pos="0 0 -0.12" size="0.0595 0.071" material="panda_white"/>
      <geom class="visual" type="capsule" fromto="0 0 -0.1 0 -0.035 -0.01" size="0.058" material="panda_white"/>
      <geom class="visual" type="capsule" fromto="0 -0.07 0 0 0 0" size="0.0585" material="panda_white"/>
      <geom class="visual" type="cylinder" fromto="0 -0.131 0 0 -0.11 0" size="0.045" material="panda_grey"/>
      <geom class="collision" type="capsule" fromto="0 0 -0.14 0 -0.05 0" size="0.06"/>
      <body name="link2" quat="1 -1 0 0">
        <inertial mass="0.646926" pos="-0.003141 -0.02872 0.003495" fullinertia="0.007962 0.02811 0.025995 -0.003925 0.010254 0.000704"/>
        <joint name="joint2" range="-1.7628 1.7628"/>
        <geom class="visual" type="capsule" fromto="0 0 0 0 0 0.07" size="0.0585" material="panda_white"/>
        <geom class="visual" type="cylinder" fromto="0 0 0.11 0 0 0.131" size="0.045" material="panda_grey"/>
        <geom class="visual" type="capsule" fromto="0 -0.02 0.045 0 -0.1 0.01" size="0.055" material="panda_white"/>
        <geom class="visual" type="cylinder" pos="0 -0.135 0" quat="1 1 0 0" size="0.0595 0.057" material="panda_white"/>
        <geom class="visual" type="cylinder" pos="0 -0.194 0" quat="1 1 0 0" size="0.0575 0.004" material="panda_grey"/>
        <geom class="collision" type="capsule" fromto="0 0 0.05 0 -0.14 0" size="0.06"/>
        <body name="link3" pos="0 -0.316 0" quat="1 1 0 0">
          <inertial mass="3.228604" pos="0.027518 0.039252 -0.066502" fullinertia="0.037242 0.036155 0.01083 -0.004761 -0.011396 -0.012805"/>
          <joint name="joint3"/>
          <geom class="visual" type="cylinder" pos="0 0 -0.08" size="0.0585 0.039" material="panda_white"/>
          <geom class="visual" type="capsule" fromto="0 0 -0.06 0.06 0.015 -0.01" size="0.052" material="panda_white"/>
          <geom class="visual" type="capsule" fromto="0.0825 0 0 0.0825 0.055 0" size="0.055" material="panda_white"/>
          <geom class="visual" type="cylinder" fromto="0.0825 0.092 0 0.0825 0.112 0" size="0.042" material="panda_grey"/>
          <geom class="collision" type="capsule" fromto="0 0 -0.07 0.0825 0.03 0" size="0.058"/>
          <body name="link4" pos="0.0825 0 0" quat="1 1 0 0">
            <inertial mass="3.587895" pos="-0.05317 0.104419 0.027454" fullinertia="0.025853 0.019552 0.028323 0.007796 -0.001332 0.008641"/>
            <joint name="joint4" range="-3.0718 -0.0698"/>
            <geom class="visual" type="capsule" fromto="0 0 0 0 0 0.055" size="0.055" material="panda_white"/>
            <geom class="visual" type="cylinder" fromto="0 0 0.092 0 0 0.112" size="0.042" material="panda_grey"/>
            <geom class="visual" type="capsule" fromto="-0.01 0.01 0.02 -0.0825 0.06 0.005" size="0.052" material="panda_white"/>
            <geom class="visual" type="cylinder" pos="-0.0825 0.085 0" quat="1 1 0 0" size="0.0585 0.039" material="panda_white"/>
            <geom class="visual" type="cylinder" pos="-0.0825 0.126 0" quat="1 1 0 0" size="0.0565 0.004" material="panda_grey"/>
            <geom class="collision" type="capsule" fromto="0 0 0.03 -0.0825 0.08 0" size="0.058"/>
            <body name="link5" pos="-0.0825 0.384 0" quat="1 -1 0 0">
              <inertial mass="1.225946" pos="-0.011953 0.041065 -0.038437" fullinertia="0.035549 0.029474 0.008627 -0.002117 -0.004037 0.000229"/>
              <joint name="joint5"/>
              <geom class="visual" type="cylinder" pos="0 0 -0.222" size="0.0585 0.036" material="panda_white"/>
              <geom class="visual" type="capsule" fromto="0 0.008 -0.2 0 0.055 -0.1" size="0.05" material="panda_white"/>
              <geom class="visual" type="capsule" fromto="0 0.06 -0.11 0 0.078 -0.03" size="0.042" material="panda_white"/>
              <geom class="visual" type="capsule" fromto="0 -0.005 0 0 0.08 0" size="0.05" material="panda_white"/>
              <geom class="visual" type="cylinder" fromto="0 0.12 0 0 0.131 0" size="0.036" material="panda_grey"/>
              <geom class="collision" type="capsule" fromto="0 0 -0.2 0 0.06 0" size="0.055"/>
              <body name="link6" quat="1 1 0 0">
                <inertial mass="1.666555" pos="0.060149 -0.014117 -0.010517" fullinertia="0.001964 0.004354 0.005433 0.000109 -0.001158 0.000341"/>
                <joint name="joint6" range="-0.0175 3.7525"/>
                <geom class="visual" type="cylinder" pos="0 0 0" size="0.0465 0.05" material="panda_off_white"/>
                <geom class="visual" type="capsule" fromto="0.01 0 0.005 0.08 0.01 0.005" size="0.043" material="panda_off_white"/>
                <geom class="visual" type="cylinder" pos="0.088 0.03 0" quat="1 1 0 0" size="0.0465 0.03" material="panda_off_white"/>
                <geom class="visual" type="cylinder" pos="0.088 -0.026 0" quat="1 1 0 0" size="0.0425 0.026" material="panda_off_white"/>
                <geom class="visual" type="cylinder" pos="0.088 -0.054 0" quat="1 1 0 0" size="0.0435 0.002" material="panda_grey"/>
                <geom class="visual" type="cylinder" pos="0.088 0.062 0" quat="1 1 0 0" size="0.0445 0.003" material="panda_blue"/>
                <geom class="visual" type="sphere" pos="0.118 0.02 0.034" size="0.006" material="panda_green"/>
                <geom class="collision" type="capsule" fromto="0 0 0 0.088 0.02 0" size="0.046"/>
                <body name="link7" pos="0.088 0 0" quat="1 1 0 0">
                  <inertial mass="0.735522" pos="0.010517 -0.004252 0.061597" fullinertia="0.012516 0.010027 0.004815 -0.000428 -0.001196 -0.000741"/>
                  <joint name="joint7"/>
                  <geom class="visual" type="cylinder" pos="0 0 0.082" size="0.0445 0.018" material="panda_white"/>
                  <geom class="visual" type="capsule" fromto="0 0 0.08 0.05 0.05 0.08" size="0.018" material="panda_white"/>
                  <geom class="visual" type="cylinder" pos="0 0 0.1035" size="0.0335 0.0035" material="panda_grey"/>
                  <geom class="collision" type="cylinder" pos="0 0 0.08" size="0.046 0.027"/>
                  <body name="attachment" pos="0 0 0.107" quat="0.3826834 0 0 0.9238795">
                    <camera name="wrist" pos="-0.05 0.015 0" quat="0 1 -1 0" fovy="42.5"/>${GRIPPER_BODY}
                  </body>
                </body>
              </body>
            </body>
          </body>
        </body>
      </body>
    </body>
  </body>`;

export const ARM_ACTUATORS = TORQUE_LIMITS.map(
  (limit, i) => `
    <motor name="torque${i + 1}" joint="joint${i + 1}" ctrlrange="-${limit} ${limit}"/>`,
).join("");
